"""A sum over a dictionary without its lock: an insertion meanwhile raises RuntimeError in the middle of it."""

import threading

from lockfree.testing import fresh, rule


class Model:
    def __init__(self):
        self.prices = {}

    def add(self, price):
        self.prices[price] = price

    def total(self):
        total = 0
        for key in self.prices:
            total += self.prices[key]
        return total


class Fixed(Model):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()

    def add(self, price):
        with self.lock:
            self.prices[price] = price

    def total(self):
        with self.lock:
            return super().total()


class Broken(Fixed):
    def total(self):
        return Model.total(self)


SPEC = Model
RULES = {"add": rule(price=fresh()), "total": rule()}
