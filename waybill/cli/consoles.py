"""Where commands write: results, and beside them what is said to whoever looks."""

import sys
from io import TextIOWrapper
from typing import TextIO

from rich.console import Console


def _console(stream: TextIO) -> Console:
    """One that has a width on a terminal only: a pipe or a file gets whole lines.

    A file's name that is no UTF-8 is written as its bytes are.
    """
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="surrogateescape")
    if stream.isatty():
        return Console(stderr=stream is sys.stderr)
    return Console(stderr=stream is sys.stderr, width=10_000, height=25)


console = _console(sys.stdout)
errors = _console(sys.stderr)
