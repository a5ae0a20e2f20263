"""Runs Python threads one at a time and decides at every point who goes on: the same one, unless told otherwise.

What happens depends only on the program and on the deviations, a few pairs of step and thread, so that a race that was
met once is met again. A thread that waits for a lock of `locks` lets others run; one that waits for something unknown
(a lock made before the race, a C function) is noticed after `PATIENCE` seconds without a step.

Source of the idea: Musuvathi and Qadeer, "Iterative context bounding for systematic testing of multithreaded programs",
PLDI 2007.
"""

from __future__ import annotations

import _thread
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

PATIENCE = 0.3
"""Seconds without a step after which a thread counts as waiting for something unknown."""

REAL_SLEEP = time.sleep
"""The interpreter's own, whatever stands in its place during a race."""

MOST_STEPS = 20_000
"""Steps of a run; past them whoever hasn't finished counts as waiting for ever."""

FAIR = 1_000
"""Steps in a row after which a thread that may only be waiting for another one lets it go on."""


class AbandonedError(BaseException):
    """Raised in threads of a run that is over, so that they end. Never seen outside."""


@dataclass(eq=False, slots=True)
class Lane:
    """One thread of a run. `phase`: it begins when all lanes of lower phases have finished.

    `inside`: it is in the code under test.
    """

    number: int
    phase: int
    gate: Any = field(default_factory=_thread.allocate_lock)
    ended: Any = field(default_factory=_thread.allocate_lock)
    done: bool = False
    lost: bool = False
    inside: bool = False
    waits_for: object = None
    timeout: float | None = None
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to tell about a lane at a moment of the run's clock."""

    clock: int
    lane: int
    text: str


current: dict[int, tuple[Scheduler, Lane]] = {}
"""The run and lane of every thread under control, by its identity."""


class Scheduler:
    """One run. Make it, `run` it once, then read `log`, `marks` and `stuck`."""

    def __init__(self, bodies: Sequence[tuple[int, Callable[[Scheduler, Lane], None]]]) -> None:
        """Take (phase, body) for each lane."""
        self.lanes = [Lane(number, phase) for number, (phase, _) in enumerate(bodies)]
        self.log: list[tuple[int, int]] = []
        """For each step: the lane that was running, and the bit mask of lanes that could have gone on instead."""
        self.marks: list[Mark] = []
        self.stuck = False
        self.dead = False
        self.clock = 0
        self._bodies = [body for _, body in bodies]
        self._deviations: Mapping[int, int] = {}
        self._running: Lane | None = None
        self._error: BaseException | None = None
        self._ready = 0
        self._streak = 0
        self._mutex = _thread.allocate_lock()
        self._over = _thread.allocate_lock()

    def run(self, deviations: Mapping[int, int]) -> None:
        """Run all lanes; at step s let lane `deviations[s]` go on, if it can. Returns when all have ended or wait."""
        self._deviations = deviations
        self._over.acquire()
        for lane in self.lanes:
            lane.gate.acquire()
            lane.ended.acquire()
            _thread.start_new_thread(self._main, (lane,))
        with self._mutex:
            self._begin_phase()
            self._pass_on()
        beats, seen = 0, (-1, 0)
        while not self._over.acquire(timeout=PATIENCE):
            now = (len(self.log), self.clock)
            beats, seen = (beats + 1, seen) if seen == now else (0, now)
            if beats:
                self._lose(seen, final=beats > 2)
        for lane in self.lanes:
            lane.ended.acquire(timeout=PATIENCE)  # one that waits for something unknown is left behind
        if self._error is not None:
            raise self._error

    def tick(self) -> int:
        """Return the next moment of the run's clock."""
        self.clock += 1
        return self.clock

    def point(self, lane: Lane, frame: FrameType | None = None) -> None:
        """Let another lane go on here, if that is this step's deviation. Called by the running lane."""
        self.arrive(lane)
        self.log.append((lane.number, self._ready))
        self._streak += 1
        step = len(self.log)
        chosen = self._deviations.get(step)
        if step > MOST_STEPS:
            self.end(stuck=True)
            raise AbandonedError
        if chosen is not None and chosen != lane.number and self._ready >> chosen & 1:
            if frame is not None:
                self.marks.append(Mark(self.tick(), lane.number, f"stops before {where(frame)}"))
            self._switch(lane, self.lanes[chosen])
        elif self._streak > FAIR:
            self.rest(lane)

    def arrive(self, lane: Lane) -> None:
        """Wait until it is this lane's turn, should it have been given up for lost; end it when the run is over."""
        if self._running is not lane and not self.dead:
            with self._mutex:
                lane.lost = False
                self._ready |= 1 << lane.number
                if self._running is None:
                    self._running = lane
                    lane.gate.release()
            lane.gate.acquire()
        if self.dead:
            raise AbandonedError

    def rest(self, lane: Lane) -> None:
        """Let the next lane that can go on do so, as a sleep would."""
        self.arrive(lane)
        others = [n for n in self._order(lane.number) if n != lane.number and self._ready >> n & 1]
        self._streak = 0
        if others:
            self._switch(lane, self.lanes[others[0]])

    def block(self, lane: Lane, resource: object, timeout: float | None) -> bool:
        """Let others go on until `wake(resource)`; False if the time was over: only when nobody else could go on."""
        self.arrive(lane)
        self.marks.append(Mark(self.tick(), lane.number, "waits"))
        lane.waits_for, lane.timeout, lane.timed_out = resource, timeout, False
        with self._mutex:
            self._ready &= ~(1 << lane.number)
            self._pass_on()
        lane.gate.acquire()
        if self.dead:
            raise AbandonedError
        return not lane.timed_out

    def wake(self, resource: object) -> None:
        """Let lanes that wait for it go on, when their turn comes."""
        for lane in self.lanes:
            if lane.waits_for is resource:
                lane.waits_for = None
                self._ready |= 1 << lane.number

    def end(self, *, stuck: bool) -> None:
        """End the run: every lane that hasn't finished is abandoned."""
        if self.dead:
            return
        self.stuck, self.dead = stuck, True
        for lane in self.lanes:
            if lane.gate.locked():
                lane.gate.release()
        self._over.release()

    def _main(self, lane: Lane) -> None:
        """Be one lane's thread."""
        lane.gate.acquire()
        identity = _thread.get_ident()
        current[identity] = (self, lane)
        try:
            if not self.dead:
                self._bodies[lane.number](self, lane)
        except AbandonedError:
            pass
        except BaseException as error:  # noqa: BLE001  a fault of the harness or of a specification: raised by run()
            self._error = error
            self.end(stuck=False)
        finally:
            sys.settrace(None)
            del current[identity]
            with self._mutex:
                if not self.dead:
                    lane.done = True
                    self._ready &= ~(1 << lane.number)
                    self._begin_phase()
                    self._pass_on()
            lane.ended.release()

    def _begin_phase(self) -> None:
        """Make the lanes of the lowest phase ready that has unfinished ones, once all before have finished."""
        left = [lane for lane in self.lanes if not lane.done]
        phase = min((lane.phase for lane in left), default=0)
        if not any(lane.done and lane.phase == phase for lane in self.lanes):
            for lane in left:
                if lane.phase == phase:
                    self._ready |= 1 << lane.number

    def _order(self, after: int) -> list[int]:
        count = len(self.lanes)
        return [(after + 1 + i) % count for i in range(count)]

    def _switch(self, lane: Lane, to: Lane) -> None:
        self._streak = 0
        self._running = to
        to.gate.release()
        lane.gate.acquire()
        if self.dead:
            raise AbandonedError

    def _pass_on(self) -> None:
        """Let the next ready lane go on; else the one whose time is over first; else all wait for ever."""
        self._streak = 0
        number = self._running.number if self._running is not None else len(self.lanes) - 1
        to = next((self.lanes[n] for n in self._order(number) if self._ready >> n & 1), None)
        if to is None:
            timed = [x for x in self.lanes if x.waits_for is not None and x.timeout is not None and not x.done]
            if timed:
                to = min(timed, key=lambda x: x.timeout or 0.0)
                REAL_SLEEP(to.timeout or 0.0)  # really: who computes what is left of a time-out sees it pass
                self.tick()
                to.waits_for, to.timed_out = None, True
                self._ready |= 1 << to.number
        if to is not None:
            self._running = to
            to.gate.release()
        elif any(lane.lost for lane in self.lanes):
            self._running = None
        else:
            self.end(stuck=not all(lane.done for lane in self.lanes))

    def _lose(self, seen: tuple[int, int], *, final: bool) -> None:
        """Nothing has moved for long, since `seen`: the running lane waits for something unknown."""
        with self._mutex:
            lane = self._running
            if self.dead or (len(self.log), self.clock) != seen:
                return
            if lane is not None and not lane.lost:
                lane.lost = True
                self._ready &= ~(1 << lane.number)
                self.marks.append(Mark(self.tick(), lane.number, "waits for something unknown"))
                self._pass_on()
            elif final:
                self.end(stuck=True)


def where(frame: FrameType) -> str:
    """Return a frame's place as a reader says it: file, line, and the line's text."""
    import linecache
    from pathlib import Path

    text = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {text}".rstrip()
