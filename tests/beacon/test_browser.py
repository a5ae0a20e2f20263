"""A real browser, a bad network, a killed worker: each click counts once."""

import os
import random
import signal
import time
from collections import Counter

import pytest

from examples.beacon.dedupe import Deduper, unique
from tests import needs
from tests.beacon.chrome import Chrome
from tests.beacon.proxy import CuttingProxy
from tests.beacon.service import all_in_segments, events

pytestmark = [pytest.mark.browser, needs.program("chromium", package="chromium")]

CLICKS = 520
FIELD = "(({x, y, width, height}) => [x, y, width, height])(document.querySelector('#field').getBoundingClientRect())"
ALL_ACCEPTED = "beacon.state.waiting === 0 && beacon.state.accepted > 0"


@pytest.fixture
def chrome():
    with Chrome(needs.require("chromium", package="chromium")) as browser:
        yield browser


def click_positions(deduper, directory):
    ordered = sorted(unique(events(directory), deduper), key=lambda event: (event["page"], event["n"]))
    return [(event["data"]["x"], event["data"]["y"]) for event in ordered if event["kind"] == "click"]


def test_each_click_counts_once_over_lost_answers_and_a_killed_worker(service, chrome):
    rng = random.Random(20_13)
    made = []
    first_workers = service.workers()
    with CuttingProxy(service.host, service.port, every=10, lose=21) as proxy:
        chrome.open(proxy.address + "/")
        x, y, width, height = chrome.run(FIELD)
        for i in range(CLICKS):
            position = round(x + rng.uniform(1, width - 2)), round(y + rng.uniform(1, height - 2))
            chrome.mouse("mouseMoved", *position)
            chrome.click(*position)
            made.append(position)
            time.sleep(0.01)
            if i == CLICKS // 2:
                os.kill(first_workers[0], signal.SIGKILL)
        chrome.wheel(x + 20, y + 20, 400)
        chrome.until("scrollY > 0")
        time.sleep(0.5)
        chrome.until(ALL_ACCEPTED, 40)
        state = chrome.run("({...beacon.state})")
    assert f"worker {first_workers[0]} was killed by signal 9" in service.output
    assert first_workers[0] not in service.workers()
    assert len(service.workers()) == 2
    assert service.interrupt() == 0, service.output
    assert all_in_segments(service.directory)

    deduper = Deduper()
    assert click_positions(deduper, service.directory) == made
    assert proxy.cut >= 5
    assert proxy.lost >= 3
    assert deduper.doubled >= 1, "no answer was lost: the test did not test"
    assert (deduper.missing, deduper.unnumbered, deduper.pages) == (0, 0, 1)
    assert deduper.unique == state["counted"]
    assert state["dropped"] == 0
    kinds = Counter(event["kind"] for event in unique(events(service.directory)))
    assert kinds.keys() == {"view", "click", "move", "scroll"}


def test_what_a_leaving_page_could_not_deliver_the_next_page_delivers(service, chrome):
    with CuttingProxy(service.host, service.port) as proxy:
        chrome.open(proxy.address + "/")
        chrome.until(ALL_ACCEPTED)
        proxy.lose = 1
        before = proxy.posts
        x, y, *_ = chrome.run(FIELD)
        made = [(round(x) + 10 + i, round(y) + 10) for i in range(20)]
        for position in made:
            chrome.click(*position)
        chrome.open(proxy.address + "/live")
        deadline = time.monotonic() + 10
        while proxy.posts < before + 2 and time.monotonic() < deadline:  # a request and the beacon, both in vain
            time.sleep(0.05)
        proxy.lose = 0
        chrome.open(proxy.address + "/")
        chrome.until(ALL_ACCEPTED)
        assert chrome.run("Object.keys(localStorage).length") == 0
    assert service.interrupt() == 0
    deduper = Deduper()
    assert sorted(click_positions(deduper, service.directory)) == made
    assert deduper.missing == 0


def test_what_waits_when_a_page_leaves_for_ever_travels_by_beacon(service, chrome):
    chrome.open(service.address + "/")
    chrome.until(ALL_ACCEPTED)
    # Counted while the page goes: the first leaves by a request, for the others only the beacon is left.
    bye = "() => { for (const i of [1, 2, 3, 4]) beacon.count('bye', {i}); }"
    chrome.run(f"addEventListener('pagehide', {bye}, {{capture: true}}); location.href = 'about:blank'; 0")
    chrome.until("location.href === 'about:blank'")
    deadline = time.monotonic() + 10
    while service.ask("GET", "/live.json").json["ledger"]["accepted"] < 5 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert service.interrupt() == 0
    said = [event["data"]["i"] for event in unique(events(service.directory)) if event["kind"] == "bye"]
    assert sorted(said) == [1, 2, 3, 4]


def test_a_full_queue_drops_counts_and_reports(service, chrome):
    with CuttingProxy(service.host, service.port, every=1) as proxy:
        chrome.open(proxy.address + "/")
        chrome.run("for (let i = 0; i < 1500; i++) beacon.count('tick', {i})")
        dropped = chrome.run("beacon.state.dropped")
        assert dropped >= 500
        assert chrome.run("beacon.state.waiting") <= 1000
        proxy.every = 0
        chrome.until(ALL_ACCEPTED, 40)
        chrome.run("beacon.count('after')")
        chrome.until(ALL_ACCEPTED)
        state = chrome.run("({...beacon.state})")
    assert service.interrupt() == 0
    deduper = Deduper()
    kept = [event["data"]["i"] for event in unique(events(service.directory), deduper) if event["kind"] == "tick"]
    assert deduper.reported_drops == state["dropped"] == dropped
    assert len(kept) + dropped == 1500
    assert deduper.missing == 0


def test_the_live_page_shows_every_worker(service, chrome):
    for i in range(30):
        assert service.post({"uid": "u", "page": "p", "n": i + 1, "kind": "hello"}).status == 202
    chrome.open(service.address + "/live")
    chrome.until("document.querySelector('#accepted').textContent === '30'")
    chrome.until("document.querySelectorAll('#last tr').length === 20")
    shown = chrome.run("[...document.querySelectorAll('#lanes tr')].map((row) => parseInt(row.cells[0].textContent))")
    assert set(shown) <= set(service.workers())
    assert shown
    chrome.call("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
    assert chrome.run("document.documentElement.scrollWidth") == 390
