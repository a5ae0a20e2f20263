"""Writes tests/litmus/expected.json: what herd7 says of each test there.

    python -m tools.litmus_expectations            write it
    python -m tools.litmus_expectations --check    write nothing; exit 1 and name the tests whose entry would change

Models: rc11 is herd's rc11.cat, and rc11_c20.cat of tests/litmus, which has C++20's release sequences, mutexes and
consume as acquire. An entry is the latter's; where the two differ, `herd_rc11` has what herd's own says. sc is sc.cat
(sc_mutex.cat where a test locks), tso is x86tso.cat of tests/litmus. For tests/litmus/unmodelled, `c11` says what
herd's c11_simp.cat allows.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.herd7 import herd7

TESTS = Path(__file__).resolve().parents[1] / "tests" / "litmus"
EXPECTED = TESTS / "expected.json"
_SUMMARY = re.compile(
    r"^Test (?P<name>\S+) \w+\nStates (?P<count>\d+)\n(?P<states>(?:.*\n)*?)(?P<answer>Ok|No|Undef|Loop Ok|Loop No)\n"
    r"Witnesses\nPositive: (?P<positive>\d+) Negative: (?P<negative>\d+)\n(?:Flag .*\n)?Condition .*\n"
    r"Observation \S+ (?P<observation>\w+)",
    re.MULTILINE,
)


def ask(model: str, files: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """What herd7 says of the tests under a model, by name of the test."""
    said = herd7(["-macros", "c11.def", "-model", model, *map(str, files)])
    found: dict[str, dict[str, Any]] = {}
    for part in _SUMMARY.finditer(said):
        states = part["states"].splitlines()
        if len(states) != int(part["count"]):
            raise RuntimeError(f"herd7's answer on {part['name']} was not understood")
        answer = part["answer"].removeprefix("Loop ")
        if answer == "Undef":  # no meaning, no states
            found[part["name"]] = {"answer": answer}
            continue
        found[part["name"]] = {
            "answer": answer,
            "observation": part["observation"],
            "positive": int(part["positive"]),
            "negative": int(part["negative"]),
            "states": states,
        }
    if len(found) != len(files):
        raise RuntimeError(f"herd7 judged {len(found)} of {len(files)} tests under {model}")
    return found


def expectations() -> dict[str, dict[str, Any]]:
    """The whole of expected.json, by the test's path without its suffix."""
    files = sorted(TESTS.rglob("*.litmus"))
    names = [_name(path) for path in files]
    if len(set(names)) != len(names):
        raise RuntimeError("two tests have the same name")
    locking = [path for path in files if re.search(r"\b(mtx_)?lock\(", path.read_text())]
    unlocking = [path for path in files if path not in locking]
    unmodelled = [path for path in files if path.parent.name == "unmodelled"]
    theirs = ask("rc11.cat", files)
    ours = ask(str(TESTS / "rc11_c20.cat"), files)
    sc = ask("sc.cat", unlocking) | ask(str(TESTS / "sc_mutex.cat"), locking)
    tso = ask(str(TESTS / "x86tso.cat"), files)
    c11 = ask("c11_simp.cat", unmodelled)
    found: dict[str, dict[str, Any]] = {}
    for path, name in zip(files, names, strict=True):
        entry: dict[str, Any] = {"rc11": ours[name]}
        if theirs[name] != ours[name]:
            entry["herd_rc11"] = theirs[name]
        if ours[name]["answer"] != "Undef":
            entry |= {"sc": sc[name], "tso": tso[name]}
        if name in c11:
            entry["c11"] = c11[name]
        found[str(path.relative_to(TESTS).with_suffix(""))] = entry
    return found


def text(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """As written: a line for each model of each test."""
    tests = []
    for test, entry in entries.items():
        lines = (f"  {json.dumps(model)}: {json.dumps(answer)}" for model, answer in entry.items())
        tests.append(f" {json.dumps(test)}: {{\n" + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(tests) + "\n}\n"


def main(arguments: Sequence[str]) -> int:
    """See the head of the file."""
    fresh = expectations()
    if "--check" not in arguments:
        EXPECTED.write_text(text(fresh))
        print(f"{EXPECTED}: {len(fresh)} tests")
        return 0
    kept = json.loads(EXPECTED.read_text())
    changed = sorted(test for test in fresh.keys() | kept.keys() if fresh.get(test) != kept.get(test))
    print("\n".join(f"{test}: herd7 says otherwise" for test in changed) or f"{len(fresh)} tests as herd7 says")
    return 1 if changed else 0


def _name(path: Path) -> str:
    return path.read_text().split("\n", 1)[0].removeprefix("C").strip()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
