"""Proves the shipped structures: every order needed, every claim of progress held, every pair seen. `nox -s proof`.

python -m tools.proof            all of them; writes bench/results/proof.txt; exit 1 unless everything holds
"""

from __future__ import annotations

from pathlib import Path

from lockfree.check import shipped
from lockfree.check.freeze import freeze
from lockfree.check.pairs import pairs
from lockfree.check.weaken import weaken

RESULTS = Path(__file__).resolve().parents[1] / "bench" / "results" / "proof.txt"


def main() -> int:
    """See the head of the file."""
    lines, worst = [], 0
    for name in shipped.names():
        for kind, prove in (("weaken", weaken), ("freeze", freeze), ("pairs", pairs)):
            report = prove(name)
            worst = max(worst, report.code)
            told = list(report.lines())
            lines += [f"== lockfree check {name} --{kind}", *told, ""]
            print(f"{name} --{kind}: {told[-1]}")
    RESULTS.write_text("\n".join(lines).replace(f"{Path.cwd()}/", ""))
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
