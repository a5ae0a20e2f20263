"""The words of memory orders in C, as they stand above each atomic operation: read by `tools/pairs.py` and by proofs.

/* [op:verb] pairs with [op:verb] */                        release and acquire
/* [op:verb] ordered with [op:verb]; forbids: outcome */    store buffering: what sequential consistency is for
/* [op:verb] named for the caller, ... */                   a fence handed on under its own name
/* relaxed: why */
/* kept: litmus/test; why */                                needed for what no scenario shows (`lockfree check
                                                            NAME --weaken`): a litmus test that changes without
                                                            it, or `kept: lemma: words`
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["Row", "Site", "arguments", "read_sites", "read_table", "split", "statement_start"]

LABEL = r"\[([a-z_]+:[a-z_]+)\]"
PAIRS = re.compile(rf"{LABEL} pairs with {LABEL}")
ORDERED = re.compile(rf"{LABEL} ordered with {LABEL}(; forbids: \S.*)?")
NAMED = re.compile(rf"{LABEL} named for the caller")
RELAXED = re.compile(r"relaxed: \S")
TABLE_ROW = re.compile(r"^\s*\*\s+([a-z_]+:[a-z_]+)\s+(->|<>)\s+([a-z_]+:[a-z_]+)(.*)")

OPERATION = re.compile(
    r"\batomic_(?:load|store|exchange|compare_exchange_weak|compare_exchange_strong|fetch_\w+?|flag_test_and_set"
    r"|flag_clear|thread_fence|signal_fence)(_explicit)?\s*\("
)
ORDER = re.compile(r"\bmemory_order_(\w+)")
KEPT = re.compile(r"kept: (lemma: [^;]+|[^\s;]+)")


@dataclass
class Site:
    """One statement with atomic operations, and what the comments above it say.

    line: of its first operation; first, last: the lines from the statement's begin to the operations' end.
    """

    line: int
    first: int = 0
    last: int = 0
    orders: list[str] = field(default_factory=list)
    fences: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    ordered: list[tuple[str, str]] = field(default_factory=list)
    relaxed: int = 0
    named: int = 0
    kept: list[str] = field(default_factory=list)


@dataclass
class Row:
    """One line of a file's Ordering table."""

    line: int
    left: str
    arrow: str
    right: str
    forbids: bool


def split(text: str) -> tuple[str, list[tuple[int, int, str]]]:
    """The code with comments and literals blanked, line by line in place; and the comments as (first, last, text)."""
    comments: list[tuple[int, int, str]] = []

    def blank(match: re.Match[str]) -> str:
        token = match.group()
        first = text.count("\n", 0, match.start()) + 1
        if token.startswith("/"):
            words = " ".join(line.strip().lstrip("*/").strip() for line in token.removesuffix("*/").splitlines())
            comments.append((first, first + token.count("\n"), words.strip()))
        return re.sub(r"[^\n]", " ", token)

    code = re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.DOTALL)
    return code, comments


def statement_start(lines: list[str], at: int) -> int:
    """The line (from 1) where the statement that covers line `at` begins."""
    while at > 1:
        above = lines[at - 2].strip()
        if not above or above.startswith("#") or above.endswith((";", "{", "}", ":")):
            break
        at -= 1
    return at


def arguments(code: str, start: int) -> str:
    """The text between the parenthesis before `start` and its partner."""
    depth = 1
    for end in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        if depth == 0:
            return code[start:end]
    return code[start:]


def read_sites(code: str, comments: list[tuple[int, int, str]], faults: list[tuple[int, str]]) -> list[Site]:
    """The statements with atomic operations."""
    lines = code.splitlines()
    above = {last: (first, words) for first, last, words in comments}
    sites: dict[int, Site] = {}
    for match in OPERATION.finditer(code):
        line = code.count("\n", 0, match.start()) + 1
        if lines[line - 1].lstrip().startswith(("#", "using ")):
            continue
        name = match.group().rstrip("( ")
        orders = ORDER.findall(arguments(code, match.end()))
        wanted = 2 if "compare_exchange" in name else 1
        if len(orders) != wanted:
            faults.append(
                (line, f"{name} names {len(orders)} of its {wanted} orders; use the _explicit form with memory_order_*")
            )
            continue
        start = statement_start(lines, line)
        site = sites.setdefault(start, Site(line, start))
        site.last = max(site.last, line + arguments(code, match.end()).count("\n"))
        site.orders += orders
        site.fences += orders if name.endswith("_fence") else []
    for start, site in sites.items():
        at = start - 1
        while at in above:
            first, words = above[at]
            site.pairs += [(a, b) for a, b in PAIRS.findall(words)]
            for a, b, forbids in ORDERED.findall(words):
                site.ordered.append((a, b))
                if not forbids:
                    faults.append((at, f"[{a}] ordered with [{b}] does not say `; forbids: <outcome>`"))
            site.relaxed += len(RELAXED.findall(words))
            site.named += len(NAMED.findall(words))
            site.kept += [name.strip() for name in KEPT.findall(words)]
            at = first - 1
    return list(sites.values())


def read_table(text: str, faults: list[tuple[int, str]]) -> list[Row]:
    """The rows under "Ordering" in the file's first comment."""
    rows: list[Row] = []
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"^\s*/?\*\s*Ordering\b", line):
            inside = True
        elif inside and re.match(r"^\s*\*\s*$", line):
            break
        elif inside and (row := TABLE_ROW.match(line)):
            rows.append(Row(number, row[1], row[2], row[3], "forbids:" in row[4]))
        elif inside and rows and "forbids:" in line:
            rows[-1].forbids = True
        if inside and "*/" in line:
            break
    faults += [
        (row.line, f"{row.left} <> {row.right} does not say what it forbids")
        for row in rows
        if row.arrow == "<>" and not row.forbids
    ]
    return rows
