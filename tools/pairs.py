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
from dataclasses import dataclass
from pathlib import Path

from lockfree.check.labels import Row, Site, read_sites, read_table, split

ROOT = Path(__file__).resolve().parents[1]

BUILTIN = re.compile(r"\b__(?:atomic|sync)_\w+\s*\(")
VOLATILE = re.compile(r"(\b(?:asm|__asm__|__asm)\s+)?\b(?:volatile|__volatile__|__volatile)\b")
ATOMIC_FIELD = re.compile(r"\b(?:LF_ATOMIC|_Atomic)\s*\([^;()]*\)\s*\*?\s*(\w+)\s*(?:\[[^\]]*\])?\s*;")
PLAIN_FIELD = re.compile(r"^\s*(?:const\s+)?(?:struct\s+)?\w+\s+\**(\w+)\s*(?:\[[^\]]*\])?\s*;", re.MULTILINE)

RELEASING = {"release", "acq_rel", "seq_cst"}
ACQUIRING = {"acquire", "acq_rel", "seq_cst", "consume"}


@dataclass
class Source:
    """One file, read."""

    path: Path
    sites: list[Site]
    rows: list[Row]
    faults: list[tuple[int, str]]


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
