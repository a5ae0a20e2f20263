"""What `_core` offers, over cffi: for LOCKFREE_BINDING=cffi and for PyPy."""

from typing import Any

from lockfree._cffi_bytes import SpscBytes
from lockfree._cffi_ring import SpscRing

__all__ = ["SpscBytes", "SpscRing"]


def __getattr__(name: str) -> Any:
    from lockfree import _cffi_collector

    return getattr(_cffi_collector, name)
