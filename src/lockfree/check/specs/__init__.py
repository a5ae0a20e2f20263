"""Sequential specifications: what an object may answer when calls come one at a time.

`FifoSpec`, `StackSpec`, `RegisterSpec`, `LatestSpec`, `SetSpec`, `MapSpec`; `ModelSpec` makes one of a plain class, and
`Spec` is the base of your own.
"""

from lockfree.check.specs.base import ANYTHING, Call, Outcome, Spec, UnknownOperationError
from lockfree.check.specs.fifo import FifoSpec
from lockfree.check.specs.keyed import MapSpec, SetSpec
from lockfree.check.specs.model import ANSWERS, ModelSpec, Waits, answer_of_exception, invoke
from lockfree.check.specs.register import LatestSpec, RegisterSpec
from lockfree.check.specs.stack import StackSpec

__all__ = [
    "ANSWERS",
    "ANYTHING",
    "Call",
    "FifoSpec",
    "LatestSpec",
    "MapSpec",
    "ModelSpec",
    "Outcome",
    "RegisterSpec",
    "SetSpec",
    "Spec",
    "StackSpec",
    "UnknownOperationError",
    "Waits",
    "answer_of_exception",
    "invoke",
]
