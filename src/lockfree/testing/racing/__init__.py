"""Races of Python objects: `decorator` is the face, `scheduler` the heart, `explorer` looks for schedules."""
