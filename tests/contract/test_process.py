"""What needs a process of its own: imports, signals, exits, forks, subinterpreters."""

import os
import subprocess
import sys

import pytest

from tests.contract.specs import BINDINGS

PUT = {"SpscRing": "SpscRing(4, 'i8')", "SpscBytes": "SpscBytes(64)"}


@pytest.fixture(params=BINDINGS)
def python(request):
    def run(program, binding=request.param, **env):
        return subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", program],
            env={**os.environ, "LOCKFREE_BINDING": binding, **env},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_import_loads_neither_numpy_nor_cffi(python):
    done = python(
        "import sys, lockfree\n"
        "from lockfree import SpscRing, SpscBytes\n"
        "r = SpscRing(4, 'i8'); r.put(1); r.put_many([2]); assert r.get_many(4) == [1, 2]\n"
        "b = SpscBytes(64); b.put(b'x'); assert b.get() == b'x'\n"
        "print(*{'numpy', '_cffi_backend', 'cffi', 'lockfree._ffi'} & set(sys.modules))",
        binding="core",
    )
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_cffi_alone_loads_no_core(python):
    if "cffi" not in BINDINGS:
        pytest.skip("no cffi for this Python")
    done = python(
        "import sys; sys.modules['lockfree._core'] = None\n"
        "from lockfree import SpscRing\n"
        "r = SpscRing(4, 'i8'); r.put(1); print(r.get())",
        binding="cffi",
    )
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_without_core_it_falls_back(python):
    if "cffi" not in BINDINGS:
        pytest.skip("no cffi for this Python")
    program = (
        "import sys, importlib.abc\n"
        "class NoCore(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'lockfree._core': raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, NoCore())\n"
        "from lockfree import _binding; print(_binding.BINDING)"
    )
    assert python(program, binding="").stdout == "cffi\n"
    assert "ModuleNotFoundError" in python(program, binding="core").stderr


def test_an_unknown_binding_is_named(python):
    assert "it is 'core' or 'cffi'" in python("import lockfree._binding", binding="rust").stderr


def test_ffi_and_lib_are_public_and_lazy(python):
    if "cffi" not in BINDINGS:
        pytest.skip("no cffi for this Python")
    done = python(
        "import sys, lockfree; assert 'lockfree._ffi' not in sys.modules\n"
        "lib, ffi = lockfree.lib, lockfree.ffi\n"
        "print(lib.LF_OK, lib.lf_spsc_ring_size(4, 8) > 0, 'ffi' in dir(lockfree))"
    )
    assert done.stdout == "0 True True\n"


@pytest.mark.parametrize("make", PUT)
@pytest.mark.parametrize("call", ["get()", "get(timeout=1e6)", "peek().__enter__()", "get_many(3)", "__next__()"])
def test_ctrl_c_ends_a_wait(python, make, call):
    done = python(
        "import os, signal, threading, time\n"
        f"from lockfree import {make}\n"
        f"ring = {PUT[make]}\n"
        "def interrupt():\n"
        "    while not ring.stats().get_waits: time.sleep(0.001)\n"
        "    while True:\n"  # the first may come before the wait has begun
        "        os.kill(os.getpid(), signal.SIGINT); time.sleep(0.05)\n"
        "threading.Thread(target=interrupt, daemon=True).start()\n"
        "try:\n"
        f"    ring.{call}\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', flush=True); os._exit(0)"
    )
    assert (done.stdout, done.returncode) == ("interrupted\n", 0), done.stderr


def test_a_signal_that_only_runs_its_handler_does_not_end_the_wait(python):
    done = python(
        "import os, signal, threading, time\n"
        "from lockfree import SpscRing\n"
        "ring, seen = SpscRing(4, 'i8'), []\n"
        "signal.signal(signal.SIGUSR1, lambda *_: seen.append(1))\n"
        "def bother():\n"
        "    while len(seen) < 3: os.kill(os.getpid(), signal.SIGUSR1); time.sleep(0.01)\n"
        "    ring.put(7)\n"
        "threading.Thread(target=bother, daemon=True).start()\n"
        "print(ring.get(), len(seen) >= 3, ring.stats().get_waits)"
    )
    assert (done.stdout, done.stderr) == ("7 True 1\n", "")


def test_a_handler_may_use_the_ring(python):
    done = python(
        "import os, signal\n"
        "from lockfree import SpscRing\n"
        "from lockfree.errors import ShutDown\n"
        "ring, got, mine, sent = SpscRing(64, 'i8'), [], [], []\n"  # lists: handlers interrupt each other too
        "def handler(*_):\n"
        "    if len(mine) >= 500: return\n"
        "    mine.append(ring.try_put(-1))\n"
        "    if len(mine) == 500: signal.setitimer(signal.ITIMER_REAL, 0); ring.shutdown()\n"
        "signal.signal(signal.SIGALRM, handler)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)\n"
        "try:\n"
        "    while True:\n"
        "        sent.append(ring.try_put(1))\n"
        "        while (item := ring.try_get()) is not None: got.append(item)\n"
        "except ShutDown: pass\n"
        "got += list(ring); stats = ring.stats()\n"
        "print(stats.pushed == stats.popped == len(got), got.count(1) - sum(sent), got.count(-1) - sum(mine))"
    )
    assert (done.stdout, done.stderr) == ("True 0 0\n", "")


def test_exit_with_a_daemon_asleep(python):
    done = python(
        "import threading, time\n"
        "from lockfree import SpscRing, SpscBytes\n"
        "rings = [SpscRing(4, 'i8'), SpscBytes(64)]\n"
        "for ring in rings: threading.Thread(target=ring.get, daemon=True).start()\n"
        "while not all(ring.stats().get_waits for ring in rings): time.sleep(0.001)\n"
        "print('end')"
    )
    assert (done.stdout, done.stderr, done.returncode) == ("end\n", "", 0)


def test_exit_with_a_view_out(python):
    done = python(
        "from lockfree import SpscRing\n"
        "ring = SpscRing(4, 'i8'); kept = ring.reserve(2); view = kept.__enter__(); part = view[1:]\n"
        "handle = ring.consumer(); print('end')"
    )
    assert (done.stdout, done.stderr, done.returncode) == ("end\n", "", 0)


def test_exit_with_nothing_but_a_view(python):
    done = python(
        "import gc\n"
        "from lockfree import SpscRing\n"
        "ring = SpscRing(4, 'i8'); kept = ring.reserve(2); view = kept.__enter__(); part = view[1:]\n"
        "del ring, kept; gc.collect(); print(view[0], part[0]); part[0] = 7",
        PYTHONMALLOC="debug",  # what was freed is filled with a pattern
    )
    assert (done.stdout, done.stderr, done.returncode) == ("0 0\n", "", 0)


def test_a_forked_child_has_a_copy_of_its_own(python):
    done = python(
        "import os, threading, warnings\n"
        "warnings.simplefilter('ignore', DeprecationWarning)\n"  # fork beside threads is what is shown
        "from lockfree import SpscRing, SpscBytes\n"
        "ring, other = SpscRing(4, 'i8'), SpscBytes(64)\n"
        "ring.put(1); other.put(b'a'); go = threading.Event()\n"
        "taken = threading.Event()\n"
        "def consume():\n"
        "    ring.try_get(); taken.set(); go.wait()\n"
        "thread = threading.Thread(target=consume); thread.start(); taken.wait()\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    ring.put(2); ring.put(3); other.put(b'b')\n"
        "    with ring.consumer() as side:\n"  # its thread does not exist here
        "        ok = side.drain() == [2, 3] and other.drain() == [b'a', b'b']\n"
        "    with ring.consumer() as side:\n"
        "        waiter = threading.Thread(target=lambda: side.get()); waiter.start()\n"
        "        ring.put(4); waiter.join()\n"
        "    os._exit(0 if ok else 1)\n"
        "status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])\n"
        "go.set(); thread.join()\n"
        "print(status, ring.qsize(), other.drain())"
    )
    assert (done.stdout, done.stderr) == ("0 0 [b'a']\n", "")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="subinterpreters with a GIL of their own came with 3.12")
def test_subinterpreters(python):
    done = python(
        "import sys\n"
        "if sys.version_info >= (3, 14):\n"
        "    from concurrent import interpreters\n"
        "    run = lambda code: interpreters.create().exec(code)\n"
        "else:\n"
        "    if sys.version_info >= (3, 13): from _interpreters import create, exec as run_in\n"
        "    else: from _xxsubinterpreters import create, run_string as run_in\n"
        "    def run(code):\n"
        "        error = run_in(create(), code)\n"
        "        if error: raise RuntimeError(error)\n"
        "code = 'from lockfree import SpscRing; r = SpscRing(4, \"i8\"); r.put(1); assert r.get() == 1'\n"
        "for _ in range(3): run(code)\n"
        "exec(code); print('ok')",
        binding="core",
    )
    assert (done.stdout, done.returncode) == ("ok\n", 0), done.stderr
