"""A caller's program in a process of its own, asked line by line."""

import selectors
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

ANSWER_SECONDS_MAX = 60.0
TAIL_CHARACTERS = 2_000


class Heard(msgspec.Struct, frozen=True):
    """What a client made of a cell: the text of its last answer, in how many pieces that came (0: whole), the calls of
    tools with their arguments, and what went wrong, if anything did."""

    text: str = ""
    pieces: int = 0
    calls: tuple[tuple[str, dict[str, str | int]], ...] = ()
    trouble: str = ""


class Wish(msgspec.Struct, frozen=True):
    """What a caller's program is asked. `result` is what its tool gives back."""

    client: str
    url: str
    model: str
    case: str
    prompt: str
    result: str


class Talker:
    """One program, for as many cells as there are."""

    def __init__(self, command: list[str], directory: Path, environment: Mapping[str, str]) -> None:
        """What it says beside its answers goes to a file in its home."""
        self._log = Path(environment["HOME"]) / "stderr.txt"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own script
                command,
                cwd=directory,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )

    def ask(self, wish: Wish) -> Heard:
        """Ask, and wait for the answer. Silence for longer than any client should take is trouble."""
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(wish) + b"\n")
        self._process.stdin.flush()
        line = self._line()
        if not line:
            return Heard(trouble=f"no answer\n{self._log.read_text(errors='replace')[-TAIL_CHARACTERS:]}")
        return msgspec.json.decode(line, type=Heard)

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            return self._process.stdout.readline() if selector.select(ANSWER_SECONDS_MAX) else b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
