"""tools/pairs.py on the real headers, and on copies of them with one fault each: every fault must be seen."""

import re
from pathlib import Path

import pytest

from tools import pairs

INCLUDE = pairs.ROOT / "csrc/include/lockfree"
RING = (INCLUDE / "spsc_ring.h").read_text()
EVENTCOUNT = (INCLUDE / "eventcount.h").read_text()
FENCE = (INCLUDE / "fence.h").read_text()

SITES = re.compile(r"^\s.*\batomic_\w+(?:_explicit|_fence)\(", re.MULTILINE)
COMMENT = re.compile(r"^ */\* (?:\[[a-z_]+:[a-z_]+\] (?:pairs|ordered|named)|relaxed:).*\n", re.MULTILINE)


@pytest.fixture
def faults(tmp_path):
    def of(*texts: str) -> list[str]:
        paths = [tmp_path / f"{number}.h" for number, _ in enumerate(texts)]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        return [fault.removeprefix(f"{tmp_path}/") for fault in pairs.check(paths)]

    return of


def test_the_tree_is_clean(capsys):
    assert pairs.main([]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("text", [RING, EVENTCOUNT, FENCE], ids=["ring", "eventcount", "fence"])
def test_every_site_is_found(text):
    code, comments = pairs.split(text)
    assert sum(len(s.orders) for s in pairs.read_sites(code, comments, [])) == len(SITES.findall(text)) + text.count(
        "compare_exchange"
    )


@pytest.mark.parametrize("text", [RING, EVENTCOUNT, FENCE], ids=["ring", "eventcount", "fence"])
def test_each_missing_comment_is_seen(faults, text):
    assert faults(text) == []
    for comment in COMMENT.finditer(text):
        line = text.count("\n", 0, comment.start())
        assert faults(text[: comment.start()] + text[comment.end() :]), f"line {line + 1} removed: nothing said"


@pytest.mark.parametrize("text", [RING, EVENTCOUNT], ids=["ring", "eventcount"])
def test_each_weakened_order_is_seen(faults, text):
    for order in re.finditer(r"memory_order_(acquire|release|acq_rel|seq_cst)", text):
        line = text.count("\n", 0, order.start()) + 1
        assert faults(text[: order.start()] + "memory_order_relaxed" + text[order.end() :]), f"line {line} weakened"


FAULTS = {
    "asymmetric": (
        RING,
        "/* [pop:ended] pairs with [close:announce] */",
        "/* [pop:ended] pairs with [close:speak] */",
        r"no site says \[close:speak\] pairs with \[pop:ended\]",
    ),
    "row without a site": (
        RING,
        " *   close:announce -> pop:ended",
        " *   open:announce -> pop:begun   nothing\n *   close:announce -> pop:ended",
        r"the table has open:announce -> pop:begun, but no site says so",
    ),
    "site without a row": (
        RING,
        " *   close:announce -> pop:ended ",
        " *   close announces to pop ",
        r"\[close:announce\] and \[pop:ended\] are not in the Ordering table",
    ),
    "row backwards": (
        RING,
        "push:publish -> pop:observe",
        "pop:observe -> push:publish",
        r"\[push:publish\] is the right of `->` in the table but release",
    ),
    "arrow wrong": (RING, "pop:retire -> push:reclaim", "pop:retire <> push:reclaim", r"says <>, the site ->"),
    "row forbids nothing": (
        EVENTCOUNT,
        "sleep:announce <> notify:look     forbids: the",
        "sleep:announce <> notify:look     the",
        r"sleep:announce <> notify:look does not say what it forbids",
    ),
    "site forbids nothing": (
        EVENTCOUNT,
        "[notify:look] ordered with [sleep:announce]; forbids: condition missed and sleeper missed",
        "[notify:look] ordered with [sleep:announce]",
        r"does not say `; forbids: <outcome>`",
    ),
    "seq_cst without an outcome": (
        RING,
        "atomic_store_explicit(&ring->closed, 1u, memory_order_release)",
        "atomic_store_explicit(&ring->closed, 1u, memory_order_seq_cst)",
        r"memory_order_seq_cst without",
    ),
    "strengthened over relaxed:": (
        RING,
        "atomic_load_explicit(&ring->closed, memory_order_relaxed)",
        "atomic_load_explicit(&ring->closed, memory_order_acquire)",
        r"memory_order_acquire without a label",
    ),
    "default order": (
        RING,
        "atomic_load_explicit(&ring->closed, memory_order_relaxed)",
        "atomic_load(&ring->closed)",
        r"atomic_load names 0 of its 1 orders",
    ),
    "one order for two": (
        EVENTCOUNT,
        "memory_order_release, memory_order_relaxed)",
        "memory_order_release)",
        r"names 1 of its 2 orders",
    ),
    "plain access": (
        RING,
        "atomic_load_explicit(&ring->closed, memory_order_relaxed) != 0",
        "ring->closed != 0",
        r"plain access to the atomic closed",
    ),
    "plain increment": (
        RING,
        "atomic_store_explicit(&ring->pushed, pushed + n, memory_order_release)",
        "ring->pushed += n",
        r"plain access to the atomic pushed",
    ),
    "builtin": (
        RING,
        "atomic_load_explicit(&ring->closed, memory_order_relaxed)",
        "__atomic_load_n(&ring->closed, __ATOMIC_RELAXED)",
        r"__atomic_load_n: say it with <stdatomic\.h>",
    ),
    "volatile": (RING, "  uint64_t capacity;", "  volatile uint64_t capacity;", r"volatile orders nothing"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_seeded_fault_is_seen(faults, name):
    text, old, new, message = FAULTS[name]
    assert old in text
    found = faults(text.replace(old, new, 1))
    assert any(re.search(message, fault) for fault in found), found


def test_fault_names_file_and_line(faults):
    lines = RING.splitlines()
    number = next(i for i, line in enumerate(lines, 1) if "[push:publish] pairs" in line)
    del lines[number - 1]
    assert faults("\n".join(lines))[0].startswith(f"0.h:{number}: 1 order(s) (release) but 0 order comment(s)")


def test_volatile_in_asm_is_allowed(faults):
    assert faults('static void f(void) { __asm__ __volatile__("isb" ::: "memory"); asm volatile("nop"); }\n') == []


def test_files_of_one_folder_share_pairs_and_headers_do_not(tmp_path):
    def write(folder: str) -> list[Path]:
        (tmp_path / folder).mkdir()
        head = "/* Ordering\n *   a:put -> b:take   x\n */\n"
        give = head + "/* [a:put] pairs with [b:take] */\natomic_store_explicit(&x, 1, memory_order_release);\n"
        take = head + "/* [b:take] pairs with [a:put] */\natomic_load_explicit(&x, memory_order_acquire);\n"
        files = [tmp_path / folder / "give.h", tmp_path / folder / "take.h"]
        for path, text in zip(files, (give, take), strict=True):
            path.write_text(text)
        return files

    assert pairs.check(write("collector")) == []
    assert len(pairs.check(write("lockfree"))) == 2
