"""Atomic operations by name through lockfree.lib: every order that an operation can have, at both widths."""

import re
import threading
from itertools import product
from pathlib import Path

import pytest

from tests.contract.specs import BINDINGS

pytestmark = pytest.mark.skipif("cffi" not in BINDINGS, reason="no cffi for this Python")

HEADER = Path(__file__).resolve().parents[2] / "csrc/include/lockfree/atomics.h"
EVERY = ("relaxed", "acquire", "release", "acq_rel", "seq_cst")
ORDERS = {
    "load": ("relaxed", "acquire", "seq_cst"),
    "store": ("relaxed", "release", "seq_cst"),
    "exchange": EVERY,
    "fetch_add": EVERY,
    "cas": EVERY,
}
NAMES = [
    f"lf_atomic_{operation}_{order}_{width}"
    for operation, orders in ORDERS.items()
    for order, width in product(orders, ("u32", "u64"))
]
READ_MODIFY_WRITE = [name for name in NAMES if "fetch_add" in name or "cas" in name]


@pytest.fixture
def lib():
    import lockfree

    return lockfree.lib


@pytest.fixture
def ffi():
    import lockfree

    return lockfree.ffi


def test_lib_has_each_operation_with_each_order(lib):
    assert sorted(name for name in dir(lib) if name.startswith("lf_atomic_")) == sorted(NAMES)


def test_each_has_the_order_of_its_name():
    """Nothing that runs on x86-64 can tell a release from an acquire: the text is looked at."""
    bodies = dict(re.findall(r"static inline \w+ (lf_atomic_\w+)\([^)]*\) \{(.*?)\n\}", HEADER.read_text(), re.DOTALL))
    assert sorted(bodies) == sorted(NAMES)
    weaker = {"release": "relaxed", "acq_rel": "acquire"}
    for name, body in bodies.items():
        operation, order = next(
            (o, name[len(f"lf_atomic_{o}_") : -4]) for o in ORDERS if name.startswith(f"lf_atomic_{o}_")
        )
        call = "compare_exchange_strong" if operation == "cas" else operation
        assert f"atomic_{call}_explicit(" in body
        orders = re.findall(r"memory_order_(\w+)", body)
        assert orders == ([order, weaker.get(order, order)] if operation == "cas" else [order])
        assert f"LF_ATOMIC(uint{name[-2:]}_t)" in body


@pytest.mark.parametrize("name", NAMES)
def test_what_it_does(lib, ffi, name):
    top = 2 ** int(name[-2:]) - 1
    word = ffi.new(f"uint{name[-2:]}_t *", top)
    call = getattr(lib, name)
    if "_load_" in name:
        assert call(word) == top
    elif "_store_" in name:
        call(word, 5)
        assert word[0] == 5
    elif "_exchange_" in name:
        assert (call(word, 5), word[0]) == (top, 5)
    elif "_fetch_add_" in name:
        assert (call(word, 3), word[0]) == (top, 2)
    else:
        expected = ffi.new(f"uint{name[-2:]}_t *", 1)
        assert (call(word, expected, 9), word[0], expected[0]) == (False, top, top)
        assert (call(word, expected, 9), word[0], expected[0]) == (True, 9, top)


@pytest.mark.parametrize("name", READ_MODIFY_WRITE)
def test_no_step_of_several_threads_is_lost(lib, ffi, name):
    kind, call = f"uint{name[-2:]}_t *", getattr(lib, name)
    word, steps, threads = ffi.new(kind, 0), 2000, 3

    def add():
        for _ in range(steps):
            call(word, 1)

    def swap():
        expected, done = ffi.new(kind, 0), 0
        while done < steps:
            done += call(word, expected, expected[0] + 1)

    running = [threading.Thread(target=swap if "_cas_" in name else add) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert word[0] == steps * threads
