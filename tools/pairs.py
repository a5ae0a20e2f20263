"""Checks the words of memory orders in C: exit 0 if every atomic operation names what it is ordered with.

    tools/pairs.py [FILE...]        default: every .h and .c under csrc

At each site, in comments directly above its statement:

    /* [op:verb] pairs with [op:verb] */                        release and acquire
    /* [op:verb] ordered with [op:verb]; forbids: outcome */    store buffering: what sequential consistency is for
    /* [op:verb] named for the caller, ... */                   a fence handed on under its own name
    /* relaxed: why */

A compare-exchange has two orders, so two lines. At the head of the file, a table under "Ordering": `a:b -> c:d` for
pairs, `a:b <> c:d  forbids: ...` for the others. What is checked: each site has its lines and they fit its orders;
each pair is said at both ends; the table equals the sites; nothing is seq_cst without the outcome it forbids; no
default orders, compiler builtins, plain access to an atomic, or volatile outside asm.

Headers are each checked alone; the files of any other folder together: there two files may share a pair, and its row
stands in the table of one of them.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

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
BUILTIN = re.compile(r"\b__(?:atomic|sync)_\w+\s*\(")
VOLATILE = re.compile(r"(\b(?:asm|__asm__|__asm)\s+)?\b(?:volatile|__volatile__|__volatile)\b")
ORDER = re.compile(r"\bmemory_order_(\w+)")
ATOMIC_FIELD = re.compile(r"\b(?:LF_ATOMIC|_Atomic)\s*\([^;()]*\)\s*\*?\s*(\w+)\s*(?:\[[^\]]*\])?\s*;")
PLAIN_FIELD = re.compile(r"^\s*(?:const\s+)?(?:struct\s+)?\w+\s+\**(\w+)\s*(?:\[[^\]]*\])?\s*;", re.MULTILINE)

RELEASING = {"release", "acq_rel", "seq_cst"}
ACQUIRING = {"acquire", "acq_rel", "seq_cst", "consume"}


@dataclass
class Site:
    """One statement with atomic operations, and what the comments above it say."""

    line: int
    orders: list[str] = field(default_factory=list)
    fences: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    ordered: list[tuple[str, str]] = field(default_factory=list)
    relaxed: int = 0
    named: int = 0


@dataclass
class Row:
    """One line of a file's Ordering table."""

    line: int
    left: str
    arrow: str
    right: str
    forbids: bool


@dataclass
class Source:
    """One file, read."""

    path: Path
    sites: list[Site]
    rows: list[Row]
    faults: list[tuple[int, str]]


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
        site = sites.setdefault(statement_start(lines, line), Site(line))
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


def read(path: Path) -> Source:
    """A file's sites and table, and the faults that need no other file."""
    text = path.read_text()
    faults: list[tuple[int, str]] = []
    code, comments = split(text)

    def line_of(match: re.Match[str]) -> int:
        return code.count("\n", 0, match.start()) + 1

    sites = read_sites(code, comments, faults)
    rows = read_table(text, faults)
    for match in BUILTIN.finditer(code):
        faults.append(
            (line_of(match), f"{match.group().rstrip('( ')}: say it with <stdatomic.h>'s _explicit functions")
        )
    for match in VOLATILE.finditer(code):
        if not match[1]:
            faults.append((line_of(match), "volatile orders nothing between threads; use an atomic"))
    for name in set(ATOMIC_FIELD.findall(code)) - set(PLAIN_FIELD.findall(code)):
        for match in re.finditer(rf"(&\s*)?\b\w+(?:(?:->|\.)\w+|\[[^\]]*\])*(?:->|\.){name}\b", code):
            before = code[max(0, match.start() - 8) : match.start()].rstrip()
            if not match[1] and not before.endswith(("&", "sizeof(", "offsetof(")):
                faults.append((line_of(match), f"plain access to the atomic {name}; use an _explicit function"))
    return Source(path, sites, rows, faults)


def check_site(site: Site) -> Iterator[tuple[int, str]]:
    """Does what stands above a site fit its orders?"""
    labels = len(site.pairs) + len(site.ordered) + site.named
    strong = [order for order in site.orders if order != "relaxed"]
    weak = len(site.orders) - len(strong)
    if labels + site.relaxed < len(site.orders):
        said = labels + site.relaxed
        yield (
            site.line,
            f"{len(site.orders)} order(s) ({', '.join(site.orders)}) but {said} order comment(s) directly above;"
            " write `/* [op:verb] pairs with [op:verb] */` or `/* relaxed: why */`",
        )
    elif len(strong) > labels:
        yield site.line, f"memory_order_{strong[0]} without a label: name its partner"
    elif site.relaxed > weak:
        yield site.line, f"says `relaxed:` over memory_order_{strong[0]}"
    elif not site.pairs and not site.named and set(strong) - {"seq_cst"}:
        yield site.line, f"memory_order_{strong[0]} without `pairs with`: it is half of a pair"
    if "relaxed" in site.fences or (site.ordered and set(site.fences) - {"seq_cst"}):
        yield site.line, f"a fence of memory_order_{site.fences[0]} does not order stores before loads"
    if site.pairs and not strong:
        yield site.line, f"[{site.pairs[0][0]}] pairs with nothing while its order is relaxed"
    if "seq_cst" in site.orders and not site.ordered and not site.named:
        yield site.line, "memory_order_seq_cst without `[..] ordered with [..]; forbids: <outcome>`"


def check_table(source: Source, scope: list[Source]) -> Iterator[tuple[int, str]]:
    """Do the tables say what the sites say?"""
    rows = {frozenset((row.left, row.right)): row for other in scope for row in other.rows}
    for site in source.sites:
        for arrow, said in (("->", site.pairs), ("<>", site.ordered)):
            for here, there in said:
                row = rows.get(frozenset((here, there)))
                if row is None:
                    yield site.line, f"[{here}] and [{there}] are not in the Ordering table at the head of the file"
                elif row.arrow != arrow:
                    yield site.line, f"[{here}] and [{there}]: the table says {row.arrow}, the site {arrow}"
                elif arrow == "->":
                    side, able = ("left", RELEASING) if here == row.left else ("right", ACQUIRING)
                    if site.orders and not able & set(site.orders):
                        yield site.line, f"[{here}] is the {side} of `->` in the table but {site.orders[0]}"
    seen = {frozenset(pair) for other in scope for site in other.sites for pair in [*site.pairs, *site.ordered]}
    for row in source.rows:
        if frozenset((row.left, row.right)) not in seen:
            yield row.line, f"the table has {row.left} {row.arrow} {row.right}, but no site says so"


def check(paths: Iterable[Path]) -> list[str]:
    """Every fault as "file:line: what is wrong", in the files' order."""
    sources = [read(path) for path in paths]
    faults: list[str] = []
    for source in sources:
        alone = source.path.parent.name == "lockfree"
        scope = [
            other for other in sources if other is source or (not alone and other.path.parent == source.path.parent)
        ]
        for kind in ("pairs", "ordered"):
            said = {pair for other in scope for site in other.sites for pair in getattr(site, kind)}
            for site in source.sites:
                for here, there in getattr(site, kind):
                    if (there, here) not in said:
                        words = f"[{there}] {kind if kind == 'pairs' else 'ordered'} with [{here}]"
                        source.faults.append((site.line, f"[{here}]: no site says {words}"))
        for site in source.sites:
            source.faults += check_site(site)
        source.faults += check_table(source, scope)
        faults += [f"{source.path}:{line}: {what}" for line, what in sorted(set(source.faults))]
    return faults


def main(arguments: list[str]) -> int:
    """Checks the files named, or the whole tree."""
    paths = [Path(name) for name in arguments] or sorted(
        path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        for pattern in ("*.h", "*.c")
        for path in (ROOT / "csrc").rglob(pattern)
    )
    faults = check(paths)
    print("\n".join(faults) if faults else f"memory orders: {len(paths)} files, every order names its partner")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
