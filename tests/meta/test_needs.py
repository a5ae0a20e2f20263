"""The plug-in that skips, fails and lists tests whose Debian package is missing."""

import pytest

from tests import needs

pytest_plugins = ["pytester"]

SUITE = """
    import pytest
    from tests import needs

    @needs.program("no-such-program", package="wrk")
    def test_marked(): pass

    def test_asked(): needs.require("no-such-program", package="wrk")

    @needs.program("sh", package="wrk")
    def test_present(): assert needs.require("sh", package="wrk").endswith("sh")
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    root = needs.DEBIAN.parents[1]
    monkeypatch.setenv("PYTHONPATH", str(root))
    pytester.makeini("[pytest]\nmarkers = needs_program: as in the project\n")
    pytester.makeconftest((root / "tests/conftest.py").read_text())
    pytester.makepyfile(SUITE)
    return pytester


def test_missing_program_is_skipped_and_listed(suite, monkeypatch):
    monkeypatch.delenv("LOCKFREE_CI", raising=False)
    result = suite.runpytest_subprocess("-rs")
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(
        ["*did not run*", "no-such-program (Debian package wrk); install with: make test-deps", "*::test_marked"]
    )


def test_missing_program_fails_in_ci(suite, monkeypatch):
    monkeypatch.setenv("LOCKFREE_CI", "1")
    result = suite.runpytest_subprocess()
    outcomes = result.parseoutcomes()
    assert outcomes.get("passed") == 1
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == 2


def test_package_that_test_deps_would_not_install_is_refused():
    with pytest.raises(ValueError, match=r"add nginx to tests/debian\.txt"):
        needs.program("nginx", package="nginx")
