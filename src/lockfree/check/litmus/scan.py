"""Words of a litmus file with their lines. Two kinds of comments: OCaml's outside the threads, C's everywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from lockfree.check.litmus.errors import LitmusError

__all__ = ["Scanner", "Word"]

_SPACE = re.compile(r"\s+")
_C_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_OCAML_EDGE = re.compile(r"\(\*|\*\)")
_HEADER = re.compile(r"""\s*([A-Za-z]+=[^\n]*|"[^"]*")[ \t\r]*(?=\n|$)""")
_WORD = re.compile(
    r"""(?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>0[xX][0-9A-Fa-f]+|[0-9]+)
      | (?P<symbol>/\\|\\/|=>|==|!=|<=|>=|<>|&&|\|\||[-+*/&|^~!<>=(){}\[\];:,])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Word:
    """kind: name, number, symbol, or end."""

    kind: str
    text: str
    line: int


class Scanner:
    """Reads words one by one. file: for messages. In `code`, `(*` opens no comment: `if (*x)`."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.code = False
        self._at = 0
        self._peeked: tuple[Word, int] | None = None

    def fail(self, what: str, line: int | None = None) -> NoReturn:
        """Raise a LitmusError at a line (None: here)."""
        raise LitmusError(self.file, self.line if line is None else line, what)

    @property
    def line(self) -> int:
        """Where the next word stands."""
        return self.peek().line

    def peek(self) -> Word:
        """The next word, left there."""
        if self._peeked is None:
            self._peeked = self._read()
        return self._peeked[0]

    def next(self) -> Word:
        """The next word."""
        word = self.peek()
        assert self._peeked is not None  # noqa: S101 - peek has set it
        self._at = self._peeked[1]
        self._peeked = None
        return word

    def accept(self, *texts: str) -> str | None:
        """Take the next word if it is one of these."""
        return self.next().text if self.peek().text in texts and self.peek().kind != "end" else None

    def expect(self, text: str, after: str) -> Word:
        """Take the next word, which must be this."""
        if self.peek().text != text:
            self.fail(f"expected {text!r} after {after}, found {self.shown()}")
        return self.next()

    def name(self, what: str) -> str:
        """Take a name."""
        if self.peek().kind != "name":
            self.fail(f"expected {what}, found {self.shown()}")
        return self.next().text

    def integer(self) -> int | None:
        """Take an integer, if one is next."""
        word = self.peek()
        return int(self.next().text, 0 if word.text[:2].lower() == "0x" else 10) if word.kind == "number" else None

    def rest_of_line(self) -> str:
        """Everything up to the end of the line."""
        self._peeked = None
        end = self.text.find("\n", self._at)
        end = len(self.text) if end < 0 else end
        found, self._at = self.text[self._at : end], end
        return found.strip()

    def header(self) -> str | None:
        """The next line if it is `Key=value` or in quotes: what may stand between a test's name and its code."""
        found = _HEADER.match(self.text, self._at)
        if found is None:
            return None
        self._at = found.end()
        self._peeked = None
        return found[1]

    def shown(self) -> str:
        """The next word as a message shows it."""
        word = self.peek()
        return "the end of the file" if word.kind == "end" else repr(word.text)

    def _read(self) -> tuple[Word, int]:
        at = self._skip(self._at)
        line = self.text.count("\n", 0, at) + 1
        if at == len(self.text):
            return Word("end", "", line), at
        found = _WORD.match(self.text, at)
        if found is None:
            raise LitmusError(self.file, line, f"unexpected character {self.text[at]!r}")
        return Word(str(found.lastgroup), found.group(), line), found.end()

    def _skip(self, at: int) -> int:
        while True:
            found = _SPACE.match(self.text, at) or _C_COMMENT.match(self.text, at)
            if found is not None:
                at = found.end()
            elif not self.code and self.text.startswith("(*", at):
                at = self._past_comment(at)
            else:
                return at

    def _past_comment(self, at: int) -> int:
        start, depth = at, 0
        for edge in _OCAML_EDGE.finditer(self.text, at):
            depth += 1 if edge.group() == "(*" else -1
            if depth == 0:
                return edge.end()
        raise LitmusError(self.file, self.text.count("\n", 0, start) + 1, "this comment is not closed")
