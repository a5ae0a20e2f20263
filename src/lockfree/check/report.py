"""What a check found: an answer for each scenario, and the worst of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lockfree.check.build import Built
from lockfree.check.result import Result
from lockfree.check.specs import Spec

__all__ = ["Checked", "Report", "Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """One shared object and its scenarios.

    words: what a command line calls it; empty where none can. specifications: those of its scenarios.
    """

    words: tuple[str, ...]
    built: Built
    scenarios: tuple[str, ...]
    specifications: Mapping[str, Spec] = field(default_factory=dict)

    def label(self, scenario: str) -> str:
        """`file:scenario`."""
        return f"{self.built.sources[0].stem}:{scenario}"


@dataclass(frozen=True, slots=True)
class Checked:
    """One scenario's answer.

    result: of the exploration that was asked for. shortest: after a defect, the execution with the fewest deviations,
    None where none was found in time. models: after a defect under rc11, what `tso` and `sc` say of the same program.
    """

    target: Target
    result: Result
    shortest: Result | None = None
    models: dict[str, Result] = field(default_factory=dict)

    @property
    def told(self) -> Result:
        """The result to tell: the shortest where there is one."""
        return self.shortest if self.shortest is not None else self.result

    @property
    def name(self) -> str:
        """`file:scenario`."""
        return self.target.label(self.result.scenario)


@dataclass(frozen=True, slots=True)
class Report:
    """All of a check. A defect anywhere is the verdict; else whatever could not be judged; else `ok`."""

    checked: tuple[Checked, ...]

    @property
    def worst(self) -> Checked:
        """The scenario that decides: the first defect, else the first that could not be judged, else the first."""
        ranked = sorted(self.checked, key=lambda one: {1: 0, 2: 1, 0: 2}[one.result.code])
        return ranked[0]

    @property
    def verdict(self) -> str:
        """One of those in docs/reference/checker.md."""
        return self.worst.result.verdict

    @property
    def code(self) -> int:
        """The exit status: 0 nothing found, 1 a defect, 2 could not be judged."""
        return self.worst.result.code

    @property
    def executions(self) -> int:
        """Complete executions of all scenarios."""
        return sum(one.result.executions for one in self.checked)

    def story(self, width: int = 120, *, colour: bool = False) -> str:
        """What a terminal of that width is told: verdicts, and for each defect its interleaving and why."""
        from lockfree.check.screen import screen

        return screen(self, width, colour=colour)

    def as_json(self) -> dict[str, object]:
        """One object for `--json`; docs/reference/commands.md has its keys."""
        from lockfree.check.story import tell
        from lockfree.check.symbols import Symbols

        worst = self.worst
        story = tell(worst.told, Symbols(worst.target.built.library))
        return {
            "verdict": self.verdict,
            "message": worst.told.message,
            "scenario": worst.result.scenario,
            "model": worst.result.model,
            "executions": self.executions,
            "blocked": sum(one.result.blocked for one in self.checked),
            "bound_hits": sum(one.result.bound_hits for one in self.checked),
            "seconds": sum(one.result.seconds for one in self.checked),
            "trace": worst.told.raw.get("trace", []),
            "deviations": worst.told.raw.get("deviations", []),
            "models": {model: result.verdict for model, result in worst.models.items()},
            "headline": story.headline if self.code else "",
            "why": story.why,
            "story": [
                {"thread": step.event.thread, "place": step.frame.place, "source": step.source, "did": step.did}
                for step in story.steps
            ],
            "scenarios": [{**one.result.raw, "name": one.name} for one in self.checked],
        }
