"""What a type checker sees: an event's callable has its dataclass's parameters, and wrong options are found."""

import pytest

PROGRAM = """
from dataclasses import dataclass
import lockfree

@dataclass
class Click:
    uid: str
    price: float = 1.0

with lockfree.Collector("events", overflow="block") as collector:
    click = collector.event(Click)
    accepted: bool = click("u", price=2.0) and collector.emit(b"x", critical=True) and collector.emit("x")
    reveal_type(click)
    click(1)
    collector.emit(5)
    lockfree.Collector("events", overflow="nonsense")
"""


@pytest.mark.slow
def test_mypy_knows_the_parameters(tmp_path):
    api = pytest.importorskip("mypy.api")
    (tmp_path / "program.py").write_text(PROGRAM)
    out, err, _ = api.run(["--strict", "--cache-dir", str(tmp_path / "cache"), str(tmp_path / "program.py")])
    assert '"def (uid: str, price: float =) -> bool"' in out, out + err
    assert out.count("error:") == 3, out
    for what in ('expected "str"', 'expected "Buffer | str"', "'nonsense'"):
        assert what in out, out
