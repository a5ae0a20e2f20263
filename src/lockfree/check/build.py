"""Compiles C and C++ into what the checker's runner loads, and finds the runner.

    built = build([Path("queue.c")])          # a BuildError carries the compiler's words
    result = run(built.library)               # lockfree.check.runner

Objects and libraries are kept under `cache_folder()`, by a hash of the preprocessed text, the flags and the compiler:
what has not changed is not compiled again, and nothing there goes stale. Delete the folder whenever you like.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from lockfree.errors import LockfreeError

__all__ = ["BuildError", "Built", "CheckerMissingError", "build", "cache_folder", "include_folders", "runner_path"]

# DWARF 4: of version 5, binutils 2.40 takes the first file of the line table for another one.
# No builtins: gcc makes instructions of a copy of known size, which nobody sees; a call of memcpy is seen.
COMPILE = ("-O0", "-g", "-gdwarf-4", "-fno-omit-frame-pointer", "-fPIC", "-fsanitize=thread", "-fno-builtin")
GCC = (
    "-Wno-tsan",
    *("--param", "tsan-instrument-func-entry-exit=0"),
    *("--param", "tsan-distinguish-volatile=1"),
)
CLANG = (
    *("-mllvm", "-tsan-instrument-func-entry-exit=0"),
    *("-mllvm", "-tsan-distinguish-volatile=1"),
)
# Its functions are its own: an operator new of the program's comes before the runner's.
LINK = ("-shared", "-Wl,-z,now", "-Wl,-Bsymbolic-functions", "-nodefaultlibs")
# Tells the runner that loops keep their state in registers too.
OPTIMISED = ("-Wl,--defsym=lf_checked_optimised=1",)
OPTIMISES = re.compile("-O(?!0$).*")
# No static libgcc (-lgcc_s names it too): it defines a __wrap_pthread_create of its own, which would be taken for ours.
LIBRARIES = ("-lm", "-lc", "-l:libgcc_s.so.1")
CXX_SUFFIXES = frozenset({".cc", ".cpp", ".cxx", ".c++", ".C", ".hpp", ".hh", ".hxx"})


class BuildError(LockfreeError, ValueError):
    """The compiler or the linker refused; the message is what it said, with file and line."""


class CheckerMissingError(LockfreeError, RuntimeError):
    """The runner, its list of wrapped functions, or a compiler is not there; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Built:
    """What `build` made.

    library: the shared object for `lockfree.check.runner.run`. sources: as given. said: the compiler's warnings, empty
    if there were none. cached: True if nothing had to be compiled.
    """

    library: Path
    sources: tuple[Path, ...]
    said: str
    cached: bool


def cache_folder() -> Path:
    """Where objects are kept: `$LOCKFREE_CACHE/check`, else `${XDG_CACHE_HOME:-~/.cache}/lockfree/check`."""
    named = os.environ.get("LOCKFREE_CACHE")
    if named:
        return Path(named) / "check"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lockfree" / "check"


def runner_path() -> Path:
    """The runner's program: `lockfree-checker` in `$LOCKFREE_CHECKER` (a folder), else the one installed with us."""
    return _of_checker("lockfree-checker")


def include_folders() -> tuple[Path, ...]:
    """The folders for `-I`: those that hold `lockfree/base.h` and `lockfree/check.h`."""
    from lockfree import get_include

    folders = [Path(get_include())]
    if not (folders[0] / "lockfree" / "check.h").is_file():
        installed = files("lockfree").joinpath("include").joinpath("lockfree").joinpath("check.h")
        in_source = Path(__file__).resolve().parents[3] / "csrc" / "checker" / "public" / "lockfree" / "check.h"
        header = next((path for path in (installed, in_source) if isinstance(path, Path) and path.is_file()), None)
        if header is None:
            raise CheckerMissingError("lockfree/check.h is not installed beside the package: reinstall lockfree")
        folders.append(header.parents[1])
    return tuple(folders)


def build(
    sources: Sequence[str | os.PathLike[str]],
    *,
    flags: Sequence[str] = (),
    cxx: bool | None = None,
    cache: Path | None = None,
) -> Built:
    """Compile each source for the checker and link them into one shared object.

    flags: for the compiler, after our own, so that they win (`-I`, `-D`, `-std=…`, `-O2`). cxx: C++ (None: if one of
    the suffixes says so). cache: instead of `cache_folder()`. Raises `BuildError` with the compiler's message and
    `CheckerMissingError`. May be called from several threads and processes at once.
    """
    paths = tuple(Path(source) for source in sources)
    folder = cache if cache is not None else cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with_cxx = any(path.suffix in CXX_SUFFIXES for path in paths) if cxx is None else cxx
    compiler = _compiler("CXX", ("c++", "g++", "clang++")) if with_cxx else _compiler("CC", ("cc", "gcc", "clang"))
    version = _version(tuple(compiler))
    command = [*compiler, *COMPILE, *(CLANG if "clang" in version else GCC)]
    command += [f"-I{include}" for include in include_folders()]
    command += flags
    objects = [_compile(command, version, path, folder) for path in paths]
    names = [str(made.path) for made in objects]
    wrapped = _of_checker("wrap.txt")
    libraries = ["-lstdc++", *LIBRARIES] if with_cxx else LIBRARIES
    link = [*LINK, *(OPTIMISED if any(OPTIMISES.fullmatch(flag) for flag in flags) else ())]
    key = _hash(*compiler, version, *link, *libraries, wrapped.read_bytes(), *names)
    library = _keep(folder / f"{key}.so", [*compiler, *link, *names, f"@{wrapped}", *libraries])
    return Built(
        library.path,
        paths,
        said="".join(made.said for made in objects) + library.said,
        cached=library.cached and all(made.cached for made in objects),
    )


@dataclass(frozen=True, slots=True)
class _Made:
    path: Path
    said: str
    cached: bool


def _compile(command: list[str], version: str, source: Path, folder: Path) -> _Made:
    """One object. Its name is the hash of what the compiler will see, headers and line numbers included."""
    if not source.is_file():
        raise BuildError(f"{source}: no such file")
    text = _run([*command, "-E", str(source)])
    key = _hash(*command, version, text.stdout)
    return _keep(folder / f"{key}.o", [*command, "-c", str(source)])


def _keep(target: Path, command: list[str]) -> _Made:
    """The target from the cache, else made by the command; another process may do the same at the same time."""
    said = target.with_suffix(target.suffix + ".txt")
    if target.exists():
        with contextlib.suppress(FileNotFoundError):
            return _Made(target, said.read_text(), cached=True)
    with tempfile.TemporaryDirectory(prefix="build-", dir=target.parent) as scratch:
        fresh = Path(scratch) / target.name
        done = _run([*command, "-o", str(fresh)])
        words = Path(scratch) / said.name
        words.write_text(done.stderr)
        words.replace(said)  # before the target: whoever sees the target sees the words
        fresh.replace(target)
    return _Made(target, done.stderr, cached=False)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        raise BuildError(done.stderr.strip() or f"{command[0]} failed with exit status {done.returncode}")
    return done


def _compiler(variable: str, names: tuple[str, ...]) -> list[str]:
    for words in (os.environ.get(variable, "").split(), *([name] for name in names)):
        if words and shutil.which(words[0]):
            return words
    raise CheckerMissingError(
        f"no compiler: install one (Debian: build-essential), or set {variable}; looked for {', '.join(names)}"
    )


@cache
def _version(compiler: tuple[str, ...]) -> str:
    """What it says of itself: tells gcc from clang, and one version's objects from another's."""
    return _run([*compiler, "--version"]).stdout


def _hash(*parts: str | bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode(errors="surrogateescape") if isinstance(part, str) else part
        whole.update(b"%d:" % len(data) + data)
    return whole.hexdigest()[:40]


def _of_checker(name: str) -> Path:
    """A file of `lockfree/_checker`; an editable install has it in the build folder, which only importlib knows."""
    named = os.environ.get("LOCKFREE_CHECKER")
    if named:
        path = Path(named) / name
        if path.is_file():
            return path
        raise CheckerMissingError(f"{path}: no such file; LOCKFREE_CHECKER must name the folder of lockfree-checker")
    found = files("lockfree").joinpath("_checker").joinpath(name)
    if isinstance(found, Path) and found.is_file():
        return found
    raise CheckerMissingError(f"the checker's {name} is not installed beside the package: reinstall lockfree")
