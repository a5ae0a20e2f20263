"""Shared by every test: what could not run for lack of a Debian package is skipped (in CI: failed) and listed."""

import signal

import pytest

from tests import needs


def pytest_configure() -> None:
    # A shell's background job ignores SIGINT and its children inherit that: tests that send one would wait for ever.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs_program"):
        needs.require(*mark.args, **mark.kwargs)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    absent: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _, found, what = reason.partition(needs.PREFIX)
        if found:
            absent.setdefault(what, []).append(report.nodeid)
    if absent:
        terminalreporter.section("did not run")
        for what, tests in sorted(absent.items()):
            terminalreporter.line(what)
            for test in tests:
                terminalreporter.line(f"    {test}")
