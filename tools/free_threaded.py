"""Prints the path of a free-threaded CPython, building one from Debian's source package if there is none.

    python tools/free_threaded.py            find it, else build it (about six minutes on two cores)
    python tools/free_threaded.py --find     find it, else exit 1 and say nothing

Looked for in this order: python3.15t, python3.14t on PATH; the cache; python3.13t on PATH. The cache is
$LOCKFREE_CACHE, else ${XDG_CACHE_HOME:-~/.cache}/lockfree. The build is 3.13 with --disable-gil, because the
package is in a stable release; cffi supports free-threading from 3.14 only, so there `_core` serves alone.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SUITE = "trixie"
SOURCE = "python3.13"
BINARY = "python3.13t"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
APT = Path("/etc/apt")

# Debian packages the build needs; a missing one is installed if we may, else named.
PACKAGES = (
    "gcc", "make", "pkg-config", "dpkg-dev", "debian-archive-keyring", "xz-utils",
    "libssl-dev", "libffi-dev", "zlib1g-dev", "libbz2-dev", "liblzma-dev", "libsqlite3-dev",
)  # fmt: skip


def cache() -> Path:
    """The directory that keeps what is too slow to build twice."""
    named = os.environ.get("LOCKFREE_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lockfree"


def works(python: str | Path) -> bool:
    """Whether it starts and runs without the GIL (a shim on PATH may do neither)."""
    code = "import sys; sys.exit(sys._is_gil_enabled())"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON_GIL"}
    try:
        return subprocess.run([python, "-c", code], env=environment, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def find() -> Path | None:
    """The newest free-threaded interpreter that is already here."""
    candidates = [shutil.which("python3.15t"), shutil.which("python3.14t")]
    candidates += [str(cache() / "free-threaded" / "bin" / BINARY), shutil.which(BINARY)]
    return next((Path(path) for path in candidates if path and works(path)), None)


def archives() -> list[str]:
    """URIs of the Debian archives that this machine already uses, in both of apt's notations."""
    found: list[str] = []
    for path in [APT / "sources.list", *sorted((APT / "sources.list.d").glob("*"))]:
        if not path.is_file():
            continue
        for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            types = re.search(r"^Types:.*\bdeb\b", paragraph, re.MULTILINE)
            uris = re.search(r"^URIs:\s*(.+)$", paragraph, re.MULTILINE)
            if types and uris:
                found += uris.group(1).split()
            found += re.findall(r"^deb(?:-src)?\s+(?:\[[^]]*\]\s+)?(\S+)", paragraph, re.MULTILINE)
    return list(dict.fromkeys(uri for uri in found if uri.rstrip("/").endswith("/debian")))


def install_packages() -> None:
    """Installs what is missing of PACKAGES, or ends with a sentence that names it."""
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n", *PACKAGES]
    listed = subprocess.run(query, capture_output=True, text=True, check=False).stdout.splitlines()
    present = {line.split()[1] for line in listed if line.startswith("installed ")}
    missing = [name for name in PACKAGES if name not in present]
    if not missing:
        return
    if os.geteuid() != 0:
        sys.exit(f"these Debian packages are missing: install them with  sudo apt-get install {' '.join(missing)}")
    run(["apt-get", "install", "-y", "--no-install-recommends", *missing])


def run(command: list[str], cwd: Path | None = None) -> None:
    """One step of the build; its output goes to stderr, because stdout carries the answer."""
    print("+", *command, file=sys.stderr, flush=True)
    subprocess.run(command, cwd=cwd, check=True, stdout=sys.stderr)


def download(into: Path) -> Path:
    """Unpacks the source package, checked against the archive's signature, and returns its directory.

    apt runs with lists and a sources file of its own: the machine's configuration is read, never changed.
    """
    uris = archives()
    if not uris or not KEYRING.exists():
        sys.exit(f"no Debian archive in {APT}: put a free-threaded CPython (python3.14t) on PATH instead")
    for part in ("lists/partial", "archives/partial", "source"):
        (into / part).mkdir(parents=True)
    sources = into / "source.sources"
    lines = ("Types: deb-src", f"URIs: {uris[0]}", f"Suites: {SUITE}", "Components: main", f"Signed-By: {KEYRING}")
    sources.write_text("\n".join(lines) + "\n", encoding="utf-8")
    options = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": into / "lists",
        "Dir::Cache": into,
        "APT::Sandbox::User": "",
    }
    apt = ["apt-get", "-q", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]
    run([*apt, "update"])
    run([*apt, "source", "--download-only", SOURCE], cwd=into / "source")
    description = next((into / "source").glob("*.dsc"))
    # Debian's patches move site-packages and switch ensurepip off; a private interpreter wants neither.
    tree = into / "tree"
    run(["dpkg-source", "--skip-patches", "-x", str(description), str(tree)])
    return tree


def build(jobs: int) -> Path:
    """Builds into the cache and returns the interpreter; an interrupted build leaves no half of one there."""
    install_packages()
    prefix = cache() / "free-threaded"
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="free-threaded-build-", dir=cache()) as scratch:
        tree = download(Path(scratch))
        staging = Path(scratch) / "root"
        run(["./configure", "-q", f"--prefix={prefix}", "--disable-gil",
             "--disable-test-modules", "--with-ensurepip=no"], cwd=tree)  # fmt: skip
        run(["make", "-s", f"-j{jobs}"], cwd=tree)
        run(["make", "-s", "install", f"DESTDIR={staging}"], cwd=tree)
        shutil.rmtree(prefix, ignore_errors=True)
        (staging / prefix.relative_to("/")).rename(prefix)
    python = prefix / "bin" / BINARY
    if not works(python):
        sys.exit(f"{python} was built, but does not run without the GIL")
    return python


def main() -> None:
    """See the head of the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--find", action="store_true", help="build nothing; exit 1 if there is none")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="parallel compilations")
    arguments = parser.parse_args()
    python = find()
    if python is None and not arguments.find:
        python = build(arguments.jobs)
    if python is None:
        sys.exit(1)
    print(python)


if __name__ == "__main__":
    main()
