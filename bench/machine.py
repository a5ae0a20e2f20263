"""What a result says about the machine it was taken on, and how a results file is written. No host names."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEDULING = {os.SCHED_OTHER: "ordinary", os.SCHED_RR: "real-time, round robin", os.SCHED_FIFO: "real-time, fifo"}
RESULTS = Path(__file__).resolve().parent / "results"


def first_line(*command: str) -> str:
    """The first line a command prints, or "" where it is absent."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except OSError:
        return ""
    return (done.stdout.splitlines() or [""])[0].strip()


def read(path: str) -> str:
    """A file of /proc or /sys, or "" where it is absent."""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def steal_ticks() -> int:
    """Ticks that the hypervisor took from this machine since boot."""
    fields = read("/proc/stat").split("\n", 1)[0].split()
    return int(fields[8]) if len(fields) > 8 else 0


def passport(compiler: str | None = None) -> dict[str, object]:
    """CPU, kernel, Python, compiler, load and steal, as they are now."""
    model = next((line.partition(":")[2].strip() for line in read("/proc/cpuinfo").splitlines()
                  if line.startswith("model name")), platform.machine())  # fmt: skip
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    return {
        "taken": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "cpu": model,
        "cpus": len(os.sched_getaffinity(0)),
        "virtual": "hypervisor" in read("/proc/cpuinfo"),
        "governor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or "not visible",
        "clocksource": read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        "kernel": f"{platform.system()} {platform.release()}",
        "libc": " ".join(platform.libc_ver()),
        "python": f"{platform.python_implementation()} {platform.python_version()}{'' if gil else ' without the GIL'}",
        "compiler": first_line(compiler, "--version") if compiler else platform.python_compiler(),
        "scheduling": SCHEDULING.get(os.sched_getscheduler(0), "other"),
        "load": os.getloadavg()[0],
        "steal_ticks": steal_ticks(),
    }


def save(name: str, content: Mapping[str, object], directory: Path = RESULTS) -> Path:
    """Writes results/NAME.json and returns its path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}.json"
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path
