"""Checks who includes whom in C: include <- collector <- python; the checker alone. Exit 0 if nobody looks up.

tools/includes.py [CSRC]
"""

import re
import sys
from pathlib import Path

CSRC = Path(__file__).resolve().parents[1] / "csrc"
MAY_USE = {  # a room of csrc: the rooms whose headers it may include; every room may use the C library
    "include/lockfree/api": {"include/lockfree/api"},
    "include/lockfree": {"include/lockfree", "include/lockfree/api"},
    "collector": {"collector", "include/lockfree", "include/lockfree/api"},
    "python": {"python", "collector", "include/lockfree", "include/lockfree/api", "Python"},
    "checker": {"checker", "checker/public/lockfree"},
    "checker/public/lockfree": set(),  # what code under test may say to the checker
    "checker/scenarios": {  # and its folders
        "checker/scenarios",
        "checker/public/lockfree",
        "include/lockfree",
        "include/lockfree/api",
    },
}
SCENARIOS = "checker/scenarios"
PYTHON = {"Python.h", "structmember.h", "pythread.h", "datetime.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def room_of(name: str, quote: str, user: Path, csrc: Path) -> str | None:
    """The room a header is in; None: the system's. Raises ValueError for a quoted name that is nowhere."""
    if name in PYTHON:
        return "Python"
    folders = ("include", "collector", "checker", "checker/public", "python")
    places = [user.parent, *(csrc / folder for folder in folders)]
    for place in places if quote == '"' else places[1:]:
        if (place / name).is_file():
            room = (place / name).resolve().parent.relative_to(csrc).as_posix()
            return SCENARIOS if room.startswith(SCENARIOS) else room
    if quote == '"':
        raise ValueError(f"{name} is nowhere in csrc; the system's headers go in <>")
    return None


def check(csrc: Path) -> list[str]:
    """Every fault as "file:line: what is wrong"."""
    faults = []
    for path in sorted([*csrc.rglob("*.h"), *csrc.rglob("*.c")]):
        user, text = path.parent.relative_to(csrc).as_posix(), path.read_text()
        user = SCENARIOS if user.startswith(SCENARIOS) else user
        for match in INCLUDE.finditer(text):
            where = f"{path}:{text.count(chr(10), 0, match.start()) + 1}"
            try:
                room = room_of(match[2], match[1], path, csrc)
            except ValueError as fault:
                faults.append(f"{where}: {fault}")
                continue
            if user not in MAY_USE:
                faults.append(f"{where}: csrc/{user} is no room; name it and what it may use in tools/includes.py")
            elif room is not None and room not in MAY_USE[user]:
                faults.append(f"{where}: {user} may not include {match[2]} of {room}; move what both need down")
    return faults


def main(arguments: list[str]) -> int:
    """Checks the tree, or the csrc folder named."""
    faults = check(Path(arguments[0]).resolve() if arguments else CSRC)
    print("\n".join(faults) if faults else "includes: down, never sideways")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
