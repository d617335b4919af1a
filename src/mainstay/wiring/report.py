"""How a program says something to its operator."""

import sys
from contextlib import suppress


def report(line: str) -> None:
    """Say something to the operator. Never raises: the error stream may lie on a disk that is full, or lead to a
    program that has ended, and whoever tells of trouble must live on."""
    # ValueError: the stream is closed.
    with suppress(OSError, ValueError):
        sys.stderr.write(f"mainstay: {line}\n")
        sys.stderr.flush()
