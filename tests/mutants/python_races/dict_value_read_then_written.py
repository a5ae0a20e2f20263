"""A count in a dictionary is read, then written: a hit between the two is not counted."""

import threading

from hypothesis import strategies as st

from lockfree.testing import rule


class Model:
    def __init__(self):
        self.hits = {}

    def hit(self, page):
        self.hits[page] = self.hits.get(page, 0) + 1

    def count(self, page):
        return self.hits.get(page, 0)


class Broken(Model):
    pass


class Fixed(Model):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()

    def hit(self, page):
        with self.lock:
            super().hit(page)


SPEC = Model
RULES = {"hit": rule(page=st.sampled_from("xy")), "count": rule(page=st.sampled_from("xy"))}
