"""The `lockfree` command. One file per command; each has `add` (its arguments) and `run` (its work).

Exit codes, the same for every command: 0 all well; 1 the answer is no, or something was damaged or left out, and said
on stderr; 2 the command could not be carried out; 130 interrupted.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from . import audit, cat, check, ingest, litmus, recover, stats

__all__ = ["main"]

_EPILOG = """\
exit codes:
  0    all well
  1    the answer is no (audit, litmus), a defect was found (check), or something was damaged or left out (stderr says
       what)
  2    the command could not be carried out; stderr says what to do
  130  interrupted
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="lockfree",
        description="Look into collector directories, put events into them; check lock-free code.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (cat, stats, audit, ingest, recover, check, litmus):
        command.add(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. argv: the arguments without the program's name (None: the process's)."""
    words = list(sys.argv[1:] if argv is None else argv)
    compiler: list[str] = []
    if words[:1] == ["check"] and "--" in words:  # what follows is the compiler's, options and all
        cut = words.index("--")
        words, compiler = words[:cut], words[cut + 1 :]
    top = parser()
    if "_ARGCOMPLETE" in os.environ:  # the shell asks what could follow
        import argcomplete

        argcomplete.autocomplete(top)
    options = top.parse_args(words)
    if compiler:
        options.compiler = compiler
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does. Python must not try to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except (OSError, ValueError) as error:
        print(f"lockfree: {_sentence(error)}", file=sys.stderr)
        return 2
    return code


def _sentence(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)
