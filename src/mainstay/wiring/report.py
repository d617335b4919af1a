"""How a program says something to its operator."""

import sys


def report(line: str) -> None:
    """Say something to the operator."""
    sys.stderr.write(f"mainstay: {line}\n")
    sys.stderr.flush()
