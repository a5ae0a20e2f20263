"""Checks that no tracked file leans on one machine: no path of somebody's checkout, no package index's host.

tools/outside.py [ROOT]
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Written in two pieces, so that this file does not accuse itself.
PATHS = ["/wo" + "rk/", "/tmp/" + "wt", "/opt/" + "pypi", "/ro" + "ot/", r"/ho" + r"me/\w+/"]  # noqa: S108 - looked for, not used
HOSTS = [r"py" + r"pi\.org", "python" + "hosted", "npm" + r"js\.", "debian" + r"\.org", r"proxy\.golang" + r"\.org"]
OUTSIDE = re.compile("|".join(rf"(?<![\w.-]){path}" for path in PATHS) + "|" + "|".join(HOSTS))


def check(root: Path) -> list[str]:
    """Every fault as "file:line: what is wrong", over the files that git tracks."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    faults = []
    for name in filter(None, listed.split("\0")):
        try:
            lines = (root / name).read_text().splitlines()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        for number, line in enumerate(lines, 1):
            if found := OUTSIDE.search(line):
                faults.append(
                    f"{name}:{number}: {found.group()} is one machine's or one registry's; leave it to its user"
                )
    return faults


def main(arguments: list[str]) -> int:
    """Checks the tree, or the git checkout named."""
    faults = check(Path(arguments[0]) if arguments else ROOT)
    print("\n".join(faults) if faults else "no tracked file names a machine or a registry")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
