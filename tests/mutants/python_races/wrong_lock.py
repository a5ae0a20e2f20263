"""Puts hold one lock and gets another, and both write the size: each loses the other's update."""

import threading

from lockfree.testing import fresh, rule


class Model:
    def __init__(self):
        self.items = []
        self.size = 0

    def put(self, item):
        self.items.append(item)
        self.size += 1

    def get(self):
        if not self.items:
            return None
        self.size -= 1
        return self.items.pop(0)

    def count(self):
        return self.size


class Fixed(Model):
    def __init__(self):
        super().__init__()
        self.put_lock = self.get_lock = threading.Lock()

    def put(self, item):
        with self.put_lock:
            super().put(item)

    def get(self):
        with self.get_lock:
            return super().get()


class Broken(Fixed):
    def __init__(self):
        super().__init__()
        self.get_lock = threading.Lock()


SPEC = Model
RULES = {"put": rule(item=fresh()), "get": rule(), "count": rule()}
