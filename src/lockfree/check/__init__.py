"""Drives the model checker: compiles a program for it, runs it in every weak-memory execution, reads what it found.

`build` makes what the runner loads, `runner` runs it, `litmus` checks herd's litmus tests. docs/reference/checker.md is
the contract between this package and the runner. `linearizability` judges histories by the specifications of `specs`.
"""
