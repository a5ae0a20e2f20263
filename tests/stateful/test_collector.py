"""Collector against a list: emit, flush, close, open again, fork, kill, in any order; the ledger never lies."""

import dataclasses
import os
import shutil
import signal
import tempfile
import threading
import warnings
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lockfree import Collector
from lockfree.collector import records
from lockfree.collector.audit import audit
from lockfree.errors import CollectorClosedError, CollectorFullError
from tests.collector import oracle

LANE = 64 * 1024
OVERFLOWS = st.sampled_from(("drop_new", "error", "block"))
SIZES = st.sampled_from((0, 1, 8, 100, 3000)) | st.integers(0, 6000)


@dataclasses.dataclass
class Tick:
    number: int
    text: str


class CollectorMachine(RuleBasedStateMachine):
    @initialize(drain=st.booleans(), overflow=OVERFLOWS)
    def start(self, drain, overflow):
        self.directory = Path(tempfile.mkdtemp(prefix="lockfree-stateful-"))
        self.collector = None
        self.accepted = []  # payloads of emit
        self.ticks = []  # numbers of typed events
        self.offered = 0  # by all processes and collectors of the directory
        self.number = 0
        self.open(drain, overflow)

    def teardown(self):
        if not hasattr(self, "directory"):
            return
        try:
            self.close()
            Collector(self.directory, memory="1MiB", lane_bytes=LANE).close()  # takes over what dead children left
            found = audit(self.directory)
            assert found.ok, found.problems
            assert found.total("offered") == self.offered
            assert found.total("accepted") == found.total("delivered") == len(self.accepted) + len(self.ticks)
            assert found.total("rejected") == self.offered - len(self.accepted) - len(self.ticks)
            assert found.total("torn") == found.total("pending") == 0
            raw = [event.payload for event in oracle.events(self.directory) if event.kind == 0]
            assert Counter(raw) == Counter(self.accepted)
            typed = [r.fields["number"] for r in records(self.directory) if r.event == "tick"]
            assert Counter(typed) == Counter(self.ticks)
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def open(self, drain, overflow):
        patience = {"block_timeout": 0.001} if overflow == "block" else {}
        self.collector = Collector(
            self.directory, memory="1MiB", lane_bytes=LANE, drain=drain, flush_ms=5, overflow=overflow, **patience
        )
        self.tick = self.collector.event(Tick)
        self.drain = drain
        self.mine = Counter()  # of this collector, in this process

    def close(self):
        if self.collector is None:
            return
        self.collector.close()
        stats = self.collector.stats()
        assert stats.pending == 0
        assert stats.delivered == stats.accepted == self.mine["accepted"]
        self.collector = None

    def payload(self, size):
        self.number += 1
        return b"%d:" % self.number + bytes(size)

    def offer(self, payload, critical=False):
        """Answers as overflow="drop_new" does, whatever the policy."""
        try:
            return self.collector.emit(payload, critical=critical)
        except (CollectorFullError, ValueError):
            return False

    def took(self, answer, payload):
        self.offered += 1
        self.mine["offered"] += 1
        if answer:
            self.mine["accepted"] += 1
            self.accepted.append(payload)

    @precondition(lambda self: self.collector is None)
    @rule(drain=st.booleans(), overflow=OVERFLOWS)
    def open_again(self, drain, overflow):
        self.open(drain, overflow)

    @precondition(lambda self: self.collector)
    @rule(size=SIZES, critical=st.booleans())
    def emit(self, size, critical):
        payload = self.payload(size)
        self.took(self.offer(payload, critical), payload)

    @precondition(lambda self: self.collector)
    @rule(n=st.integers(1, 300), size=SIZES)
    def emit_many(self, n, size):
        for _ in range(n):
            payload = self.payload(size)
            self.took(self.offer(payload), payload)

    @precondition(lambda self: self.collector)
    @rule()
    def emit_what_never_fits(self):
        before = self.collector.stats().rejected["too_big"]
        self.took(self.offer(bytes(LANE)), None)
        assert self.collector.stats().rejected["too_big"] == before + 1

    @precondition(lambda self: self.collector)
    @rule()
    def emit_what_cannot_be_encoded(self):
        before = self.collector.stats().rejected["encode"]
        with pytest.raises(OverflowError):
            self.tick(2**70, "")
        self.took(False, None)
        assert self.collector.stats().rejected["encode"] == before + 1

    @precondition(lambda self: self.collector)
    @rule(text=st.text(max_size=20))
    def emit_typed(self, text):
        self.number += 1
        self.offered += 1
        self.mine["offered"] += 1
        try:
            answer = self.tick(self.number, text)
        except CollectorFullError:
            return
        if answer:
            self.mine["accepted"] += 1
            self.ticks.append(self.number)

    @precondition(lambda self: self.collector)
    @rule(threads=st.integers(1, 4), n=st.integers(1, 50))
    def emit_from_threads(self, threads, n):
        answers = {}

        def run(payloads):
            for payload in payloads:
                answers[payload] = self.offer(payload)

        workers = [threading.Thread(target=run, args=([self.payload(10) for _ in range(n)],)) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        for payload, answer in answers.items():
            self.took(answer, payload)
        assert len(answers) == threads * n

    @precondition(lambda self: self.collector and self.drain)
    @rule()
    def flush(self):
        assert self.collector.flush(timeout=20)
        stats = self.collector.stats()
        assert (stats.pending, stats.delivered) == (0, self.mine["accepted"])

    @precondition(lambda self: self.collector)
    @rule()
    def close_and_try_on(self):
        collector = self.collector
        self.close()
        with pytest.raises(CollectorClosedError):
            collector.flush()

    @precondition(lambda self: self.collector)
    @rule(n=st.integers(1, 200), how=st.sampled_from(("kill", "exit", "close")))
    def fork(self, n, how):
        payloads = [self.payload(30) for _ in range(n)]
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads is what is tested
            child = os.fork()
        if child == 0:
            try:
                os.write(writing, bytes(map(self.offer, payloads)))
                if how == "close":
                    self.collector.close()
                if how == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            answers = pipe.read()
        os.waitpid(child, 0)
        assert len(answers) == n
        self.offered += n
        self.accepted += [payload for payload, answer in zip(payloads, answers, strict=True) if answer]

    @invariant()
    def ledger(self):
        if getattr(self, "collector", None) is None:
            return
        stats = self.collector.stats()
        assert stats.offered == self.mine["offered"]
        assert stats.accepted == self.mine["accepted"]
        assert stats.offered == stats.accepted + sum(stats.rejected.values()) + stats.torn
        assert stats.torn == 0


TestCollector = CollectorMachine.TestCase
TestCollector.settings = settings(
    max_examples=40,
    stateful_step_count=20,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),
)
TestCollector.pytestmark = pytest.mark.timeout(600)  # of which shrinking a failure may take most
