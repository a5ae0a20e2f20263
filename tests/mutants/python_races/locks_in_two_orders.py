"""A transfer locks its source first and its target then: two opposite transfers wait for each other for ever."""

import threading

from hypothesis import strategies as st

from lockfree.testing import rule


class Model:
    def __init__(self):
        self.balances = [10, 10]

    def transfer(self, source):
        self.balances[source] -= 1
        self.balances[1 - source] += 1


class Fixed(Model):
    def __init__(self):
        super().__init__()
        self.locks = [threading.Lock(), threading.Lock()]

    def transfer(self, source):
        with self.locks[0], self.locks[1]:
            super().transfer(source)


class Broken(Fixed):
    def transfer(self, source):
        with self.locks[source], self.locks[1 - source]:
            Model.transfer(self, source)


SPEC = Model
RULES = {"transfer": rule(source=st.integers(0, 1))}
