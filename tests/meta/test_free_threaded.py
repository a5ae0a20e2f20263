"""On a free-threaded interpreter the package keeps the GIL off. Elsewhere nothing can be shown."""

import os
import pkgutil
import subprocess
import sys
import sysconfig

import pytest

import lockfree

pytestmark = pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this interpreter has a GIL (nox -s free_threaded)"
)

WITHOUT_CFFI = sys.version_info < (3, 14)


def modules() -> list[str]:
    skipped = ("__main__", "lockfree.liblockfree_collector")
    cffi = ("lockfree._ffi", "lockfree._cffi") if WITHOUT_CFFI else ()
    names = (module.name for module in pkgutil.walk_packages(lockfree.__path__, "lockfree."))
    return ["lockfree", *(name for name in names if not name.endswith(skipped) and not name.startswith(cffi))]


# Each in an interpreter of its own: once one module has switched the GIL on, the others can't be judged.
@pytest.mark.parametrize("module", modules())
def test_import_keeps_the_gil_off(module):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON_GIL"}
    code = f"import sys, {module}; sys.exit(1 if sys._is_gil_enabled() else 0)"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_suite_itself_runs_without_it():
    assert sys._is_gil_enabled() is False


def test_the_hot_path_is_there():
    assert {"lockfree._core", "lockfree.queues"} <= set(modules())
