"""Two fields swapped one after the other: a reader in between sees one value twice."""

import threading

from lockfree.testing import rule


class Model:
    def __init__(self):
        self.front, self.back = "a", "b"

    def swap(self):
        self.front, self.back = self.back, self.front

    def read(self):
        return (self.front, self.back)


class Fixed(Model):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()

    def swap(self):
        with self.lock:
            super().swap()

    def read(self):
        with self.lock:
            return super().read()


class Broken(Fixed):
    def read(self):
        return Model.read(self)


SPEC = Model
RULES = {"swap": rule(), "read": rule()}
