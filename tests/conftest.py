"""Shared by every test: what could not run for lack of a Debian package is skipped (in CI: failed) and listed.

With pytest-xdist (`-n 2 --dist loadgroup`) a file's tests stay together, so that its fixtures are made once; tests
whose marks say that they load the machine are one group across all files, so that no two of them meet.
"""

import signal

import pytest

import lockfree  # noqa: F401 # an editable build rebuilds on import: here once, before xdist's workers would at once
from tests import needs

LOADING = {"stress", "crash", "browser", "wrk"}


def pytest_configure() -> None:
    # A shell's background job ignores SIGINT and its children inherit that: tests that send one would wait for ever.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in a hook of the same name
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        loads = any(mark.name in LOADING for mark in item.iter_markers())
        group = "machine" if loads else f"{item.path.parent.name}/{item.path.stem}"
        item.add_marker(pytest.mark.xdist_group(group))


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
