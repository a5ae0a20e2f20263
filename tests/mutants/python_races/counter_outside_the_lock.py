"""The lock is held for the read and not for the write: an increment between the two is lost."""

import threading

from lockfree.testing import rule


class Model:
    def __init__(self):
        self.count = 0

    def add(self):
        self.count += 1
        return self.count


class Fixed(Model):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()

    def add(self):
        with self.lock:
            self.count += 1
            return self.count


class Broken(Fixed):
    def add(self):
        with self.lock:
            count = self.count
        self.count = count + 1
        return count + 1


SPEC = Model
RULES = {"add": rule()}
