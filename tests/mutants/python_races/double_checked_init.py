"""Lazy initialisation that doesn't look again under the lock: two threads each make the one instance."""

import threading

from lockfree.testing import rule


class Model:
    def instance(self):
        return 1


class Fixed:
    def __init__(self):
        self.made = 0
        self.value = None
        self.lock = threading.Lock()

    def instance(self):
        if self.value is None:
            with self.lock:
                if self.value is None:
                    self.made += 1
                    self.value = self.made
        return self.value


class Broken(Fixed):
    def instance(self):
        if self.value is None:
            with self.lock:
                self.made += 1
                self.value = self.made
        return self.value


SPEC = Model
RULES = {"instance": rule()}
