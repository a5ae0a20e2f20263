"""Queues between threads."""

from lockfree.queues._handles import Consumer, Producer
from lockfree.queues._one_sided import QueueStats
from lockfree.queues.records import SpscBytes
from lockfree.queues.ring import SpscRing

__all__ = ["Consumer", "Producer", "QueueStats", "SpscBytes", "SpscRing"]
