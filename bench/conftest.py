"""What every kept run says about its machine: what bench/machine.py knows, and no host name."""

from __future__ import annotations

from typing import Any

from bench.machine import passport


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    machine_info.pop("node", None)
    machine_info["passport"] = passport()
