"""What the runner answers, as dataclasses. The keys and their meaning: docs/reference/checker.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lockfree.check.histories import Operation, from_json

__all__ = [
    "Event",
    "Operation",
    "OperationSteps",
    "Progress",
    "Result",
    "Site",
    "State",
    "Synchronization",
]

DEFECTS = frozenset(
    {
        "assertion", "crash", "deadlock", "double-free", "leak", "livelock", "not-linearizable", "progress", "race",
        "uninitialised", "use-after-free",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an exploration is. estimate: of the executions in all, None where there is none."""

    executions: int
    seconds: float
    estimate: float | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What an execution ended with: the values of `lf_check_observe`, in the order of the calls, and how often."""

    values: tuple[int, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Site:
    """An atomic operation or fence of the program. offset: return address in the object; failure: of a CAS, else ""."""

    offset: int
    kind: str
    order: str
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Synchronization:
    """A release that an acquire was seen to synchronize with, by their sites. sc: two SC fences the model orders."""

    release: int
    acquire: int
    count: int
    sc: bool = False


@dataclass(frozen=True, slots=True)
class OperationSteps:
    """The most steps of an operation, and where. alone: while nobody else took one, None where that was not asked."""

    operation: str
    most_steps: int
    offset: int | None = None
    alone: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a trace. index is -1 for what is no event of the graph (plain accesses, marks).

    offset, address and stack are integers. value: read or written; wrote: what an `update` wrote. reads_from: the
    store's id, or "initial". newest: id of the newest store there, where `stale`. races_with: at the event that failed.
    expected: what a compare-exchange compared with. child: the thread that `create` starts or `join` waits for.
    """

    id: int
    thread: int
    index: int
    kind: str
    order: str = ""
    failure: str = ""
    offset: int | None = None
    stack: tuple[int, ...] = ()
    address: int | None = None
    size: int = 0
    symbol: str = ""
    value: int | None = None
    wrote: int | None = None
    reads_from: int | str | None = None
    stale: bool = False
    newest: int | None = None
    synchronizes_with: tuple[int, ...] = ()
    text: str = ""
    races_with: int | None = None
    expected: int | None = None
    child: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What an exploration found. `raw` is the runner's object as it came, for `--json`.

    verdict: `ok`, one of `DEFECTS`, or `bound`, `unsupported`, `nondeterministic`: could not be judged. A runner that
    died or was stopped by the time-out is the verdict `crash` with a message that says so and `executions` 0.
    output: what the runner wrote to standard error, which in mode "replay" is what the program wrote to either.
    refused: the history that is not linearizable, as the runner's `--history` takes it.
    """

    verdict: str
    message: str
    model: str = ""
    scenario: str = ""
    mode: str = ""
    executions: int = 0
    blocked: int = 0
    bound_hits: int = 0
    bound_sites: tuple[int, ...] = ()
    seconds: float = 0.0
    states: tuple[State, ...] = ()
    histories: tuple[tuple[Operation, ...], ...] = ()
    sites: tuple[Site, ...] = ()
    synchronizes: tuple[Synchronization, ...] = ()
    operations: tuple[OperationSteps, ...] = ()
    between_completions: int = 0
    threads: int = 0
    events: tuple[int, ...] = ()
    trace: tuple[Event, ...] = ()
    deviations: tuple[tuple[int, int], ...] = ()
    output: str = ""
    refused: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def code(self) -> int:
        """The exit status that goes with the verdict: 0 nothing found, 1 a defect, 2 could not be judged."""
        return 0 if self.verdict == "ok" else 1 if self.verdict in DEFECTS else 2

    def answered(self, verdict: str, message: str) -> Result:
        """The same with another verdict, of somebody who looked at more than the runner did; `raw` too."""
        raw = {**self.raw, "verdict": verdict, "message": message}
        return replace(self, verdict=verdict, message=message, raw=raw)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Result:
        """The runner's object. Keys that are not known here are in `raw` alone. KeyError or ValueError: malformed."""
        given = {
            name: raw[name]
            for name in (
                "model", "scenario", "mode", "executions", "blocked", "bound_hits", "seconds", "between_completions",
                "threads",
            )
            if raw.get(name) is not None
        }  # fmt: skip
        return cls(
            verdict=raw["verdict"],
            message=raw.get("message") or "",
            bound_sites=tuple(_number(site) for site in raw.get("bound_sites") or ()),
            states=tuple(State(tuple(state["values"]), state["count"]) for state in raw.get("states") or ()),
            histories=tuple(from_json(history) for history in raw.get("histories") or ()),
            sites=tuple(
                Site(_number(site["offset"]), site["kind"], site.get("order") or "", site.get("failure") or "")
                for site in raw.get("sites") or ()
            ),
            synchronizes=tuple(
                Synchronization(
                    _number(edge["release"]), _number(edge["acquire"]), edge.get("count", 0), bool(edge.get("sc"))
                )
                for edge in raw.get("synchronizes") or ()
            ),
            operations=tuple(
                OperationSteps(steps["operation"], steps["most_steps"], _maybe(steps.get("offset")), steps.get("alone"))
                for steps in raw.get("operations") or ()
            ),
            events=tuple(raw.get("events") or ()),
            trace=tuple(_event(event) for event in raw.get("trace") or ()),
            deviations=tuple((step, choice) for step, choice in raw.get("deviations") or ()),
            raw=raw,
            **given,
        )


def _number(given: str | int) -> int:
    return given if isinstance(given, int) else int(given, 16)


def _maybe(given: str | int | None) -> int | None:
    return None if given is None else _number(given)


def _event(raw: Mapping[str, Any]) -> Event:
    return Event(
        id=raw["id"],
        thread=raw["thread"],
        index=raw.get("index", -1),
        kind=raw["kind"],
        order=raw.get("order") or "",
        failure=raw.get("failure") or "",
        offset=_maybe(raw.get("offset")),
        stack=tuple(_number(offset) for offset in raw.get("stack") or ()),
        address=_maybe(raw.get("address")),
        size=raw.get("size") or 0,
        symbol=raw.get("symbol") or "",
        value=raw.get("value"),
        wrote=raw.get("wrote"),
        reads_from=raw.get("reads_from"),
        stale=bool(raw.get("stale")),
        newest=raw.get("newest"),
        synchronizes_with=tuple(raw.get("synchronizes_with") or ()),
        text=raw.get("text") or "",
        races_with=raw.get("races_with"),
        expected=raw.get("expected"),
        child=raw.get("child"),
    )
