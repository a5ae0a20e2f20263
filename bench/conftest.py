"""What every kept run says about its machine: what bench/machine.py knows, and no host name."""

from __future__ import annotations

from typing import Any

from bench.machine import passport


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    machine_info.pop("node", None)


def pytest_benchmark_update_json(output_json: dict[str, Any]) -> None:
    # Not in machine_info, which --benchmark-compare wants to be equal: this has the time and the load.
    output_json["passport"] = passport()


def pytest_benchmark_update_commit_info(commit_info: dict[str, Any]) -> None:
    for key in ("project", "branch"):  # where the tree lay, and what its copy was called
        commit_info.pop(key, None)
