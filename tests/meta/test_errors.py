"""The error classes: caught by the standard library's names as well as by ours."""

import queue
import sys

import pytest

from lockfree import errors


def test_full_and_empty_are_the_standard_librarys():
    assert (errors.Full, errors.Empty) == (queue.Full, queue.Empty)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="queue.ShutDown came with 3.13")
def test_shutdown_is_the_standard_librarys_where_it_has_one():
    assert errors.ShutDown is queue.ShutDown


@pytest.mark.parametrize("name", [n for n in errors.__all__ if n.endswith("Error") and n != "LockfreeError"])
def test_every_error_is_caught_by_the_base(name):
    assert issubclass(getattr(errors, name), errors.LockfreeError)
