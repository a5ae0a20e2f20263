"""The flag says that a value is there before it is: a reader takes what was there at first."""

from lockfree.check.specs import LatestSpec
from lockfree.testing import fresh, rule


class Fixed:
    def __init__(self):
        self.ready = False
        self.value = "nothing yet"

    def write(self, value):
        self.value = value
        self.ready = True

    def read(self):
        return self.value if self.ready else None


class Broken(Fixed):
    def write(self, value):
        self.ready = True
        self.value = value


SPEC = LatestSpec
RULES = {"write": rule(value=fresh(), once=True), "read": rule()}
