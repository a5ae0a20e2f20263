"""herd's C litmus tests in the checker: `read` a file, `judge` tests under a model, print `Verdict.summary()`."""

from lockfree.check.litmus.errors import LitmusError
from lockfree.check.litmus.judge import MODELS, Final, Verdict, judge
from lockfree.check.litmus.read import read, read_text

__all__ = ["MODELS", "Final", "LitmusError", "Verdict", "judge", "read", "read_text"]
