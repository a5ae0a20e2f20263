"""The event collector: events from any thread into lanes, from the lanes into segments, from there to a reader."""

from lockfree.collector.collector import Collector, CollectorStats

__all__ = ["Collector", "CollectorStats"]
