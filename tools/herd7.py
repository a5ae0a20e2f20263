"""Runs herd7, fetching it from Debian sid into a cache if it is not there; the system stays as it is.

    python -m tools.herd7 [herd7's arguments]      e.g.  -model rc11.cat tests/litmus/shared/MP.litmus

The cache is $LOCKFREE_CACHE, else ${XDG_CACHE_HOME:-~/.cache}/lockfree. A herd7 on PATH is not used: another version
may judge otherwise.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.free_threaded import KEYRING, archives, cache, run

PACKAGES = ("herdtools7", "libc6", "libgmp10")  # its own C library: sid's is newer than this system's
LOADERS = ("ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1")


def command(*arguments: str) -> list[str]:
    """The command line that runs herd7 with these arguments; fetches it the first time."""
    root = cache() / "herd7"
    if not (root / "usr/bin/herd7").exists():
        fetch(root)
    loader = next(path for name in LOADERS for path in sorted(root.rglob(name)))
    libraries = loader.resolve().parent
    models = root / "usr/share/herdtools7/herd"
    return [str(loader), "--library-path", str(libraries), str(root / "usr/bin/herd7"), "-set-libdir", str(models),
            *arguments]  # fmt: skip


def fetch(root: Path) -> None:
    """Unpacks the packages, checked against the archive's signature; an interrupted fetch leaves no half there.

    apt runs with lists, a sources file and a list of installed packages of its own.
    """
    uris = archives()
    if not uris or not KEYRING.exists():
        sys.exit("no Debian archive on this machine to fetch herdtools7 from")
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="herd7-", dir=root.parent) as scratch:
        into = Path(scratch)
        for part in ("lists/partial", "archives/partial", "debs", "root"):
            (into / part).mkdir(parents=True)
        (into / "status").touch()
        sources = into / "sid.sources"
        lines = ("Types: deb", f"URIs: {uris[0]}", "Suites: sid", "Components: main", f"Signed-By: {KEYRING}")
        sources.write_text("\n".join(lines) + "\n", encoding="utf-8")
        options = {
            "Dir::Etc::sourcelist": sources,
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State::lists": into / "lists",
            "Dir::State::status": into / "status",
            "Dir::Cache": into,
            "APT::Sandbox::User": "",
            "Acquire::Check-Valid-Until": "false",  # a mirror of a day is good enough
            "Acquire::Languages": "none",
        }
        apt = ["apt-get", "-q", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]
        run([*apt, "update"])
        run([*apt, "download", *PACKAGES], cwd=into / "debs")
        for package in sorted((into / "debs").glob("*.deb")):
            run(["dpkg", "-x", str(package), str(into / "root")])
        (into / "root").rename(root)


def herd7(arguments: Sequence[str]) -> str:
    """What herd7 prints on standard output. Raises RuntimeError with its complaint where it fails."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip() or f"herd7 failed with exit status {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(subprocess.run(command(*sys.argv[1:]), check=False).returncode)
