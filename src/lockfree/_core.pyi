# What csrc/python adds to the module; the docstrings there say what each does.
import inspect
import os
from collections.abc import Callable
from typing import Any

from typing_extensions import Buffer

class Collector:
    def __init__(
        self,
        dir: str | bytes | os.PathLike[str],
        *,
        segments: str | bytes | os.PathLike[str] | None = None,
        memory: int = 0,
        lane_bytes: int = 0,
        segment_bytes: int = 0,
        flush_ms: int = 0,
        overflow: int = 0,
        format: int = 0,
        drain: bool = True,
        block_timeout_ns: int = -1,
    ) -> None: ...
    def emit(self, payload: Buffer | str, *, critical: bool = False) -> bool: ...
    def flush(self, timeout_ns: int = -1, /) -> bool: ...
    def close(self, timeout_ns: int = -1, /) -> None: ...
    def counters(self) -> tuple[int, int, int, int, int, int, tuple[int, ...]]: ...
    def trouble(self) -> str: ...
    def pressure(self) -> float: ...
    def schema(self, text: str, /) -> int: ...

class Event:
    __name__: str
    __qualname__: str
    __signature__: inspect.Signature
    def __init__(
        self,
        collector: Collector,
        kind: int,
        name: str,
        fields: tuple[str, ...],
        codes: str,
        positional: int,
        defaults: dict[str, Any],
        factories: dict[str, Callable[[], Any]],
        critical: bool = False,
    ) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> int: ...
    @property
    def collector(self) -> Collector: ...
    def __call__(self, *args: Any, **kwargs: Any) -> bool: ...

def records_scan(buffer: Buffer, nonce: int, seq: int, /) -> bytes: ...
def crc32c(buffer: Buffer, crc: int = 0, /) -> int: ...
