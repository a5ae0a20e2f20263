"""Full load by wrk: the set answered 2xx is the set in the segments."""

import os
import signal
import time

import pytest

from tests import needs
from tests.beacon.load import CONNECTIONS, Load
from tests.beacon.service import Service, all_in_segments, numbers

pytestmark = [pytest.mark.wrk, needs.program("wrk", package="wrk")]


def test_answered_and_stored_are_one_set_after_ten_seconds_of_load(service, tmp_path):
    with Load(needs.require("wrk", package="wrk"), service.address, tmp_path, seconds=11) as load:
        answered = load.answered()
    assert service.interrupt() == 0, service.output
    assert all_in_segments(service.directory)
    stored = numbers(service.directory)
    assert len(answered.ids) > 2_000
    assert stored.keys() == answered.ids  # nothing was in flight when wrk ended: exact, both ways
    assert set(stored.values()) == {1}


def test_kill_9_of_a_worker_under_load_loses_nothing_that_was_answered(service, tmp_path):
    with Load(needs.require("wrk", package="wrk"), service.address, tmp_path, seconds=4) as load:
        time.sleep(1.5)
        os.kill(service.workers()[0], signal.SIGKILL)
        answered = load.answered()
    assert "was killed by signal 9" in service.output
    assert service.interrupt() == 0, service.output
    assert all_in_segments(service.directory)
    stored = numbers(service.directory)
    assert len(answered.ids) > 200
    assert answered.ids <= stored.keys()
    # What was in flight at the kill may have been taken, one request a connection; nothing else, and nothing twice.
    assert len(stored.keys() - answered.ids) <= CONNECTIONS
    assert set(stored.values()) == {1}


def test_ctrl_c_under_load_loses_nothing_that_was_answered(tmp_path):
    with Service(tmp_path, "--grace", "1.0") as service:
        with Load(needs.require("wrk", package="wrk"), service.address, tmp_path, seconds=4) as load:
            time.sleep(2)
            service.process.send_signal(signal.SIGINT)
            time.sleep(0.4)
            draining = service.ask("GET", "/readyz"), service.post({"uid": "late", "page": "late", "n": 1})
            assert service.process.wait(40) == 0, service.output
            answered = load.answered()
        assert [answer.status for answer in draining] == [503, 202]
        assert all_in_segments(service.directory)
        stored = numbers(service.directory)
    expected = answered.ids | {("late", 1)}
    assert len(answered.ids) > 200
    assert expected <= stored.keys()
    # A connection that was cut had one request in flight: it may or may not have been taken, but no other.
    assert stored.keys() - expected <= answered.last
    assert set(stored.values()) == {1}
    assert "audit   holds" in service.output
