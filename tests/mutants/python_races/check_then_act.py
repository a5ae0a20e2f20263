"""Whether the key is inside is asked before the lock is taken: two threads are told that they added it."""

import threading

from hypothesis import strategies as st

from lockfree.check.specs import SetSpec
from lockfree.testing import rule


class Fixed:
    def __init__(self):
        self.keys = set()
        self.lock = threading.Lock()

    def add(self, key):
        with self.lock:
            if key in self.keys:
                return False
            self.keys.add(key)
            return True

    def contains(self, key):
        return key in self.keys


class Broken(Fixed):
    def add(self, key):
        if key in self.keys:
            return False
        with self.lock:
            self.keys.add(key)
            return True


SPEC = SetSpec
RULES = {"add": rule(key=st.integers(0, 3)), "contains": rule(key=st.integers(0, 3))}
