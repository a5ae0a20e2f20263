"""What is wrong with a litmus test, told by file and line."""

from lockfree.errors import LockfreeError

__all__ = ["LitmusError"]


class LitmusError(LockfreeError, ValueError):
    """A litmus test cannot be read, or uses what is not supported; the message is `file:line: what`."""

    def __init__(self, file: str, line: int, what: str) -> None:
        super().__init__(f"{file}:{line}: {what}")
        self.file = file
        self.line = line
        self.what = what
