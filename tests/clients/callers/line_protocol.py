"""How a caller's program is asked: a line of JSON in, a line of JSON out, until the input ends."""

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Wish(NamedTuple):
    """What is asked. `case` is `plain`, `stream` or `tool`; `result` is what the tool gives back."""

    client: str
    url: str
    model: str
    case: str
    prompt: str
    result: str


class Heard(NamedTuple):
    """What was heard: the text of the last answer, in how many pieces it came (0: whole), and the calls of tools."""

    text: str
    pieces: int = 0
    calls: tuple[tuple[str, Any], ...] = ()


TOOL = "look_up"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"place": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["place", "days"],
}
MAX_TOKENS = 500


def serve(asks: Mapping[str, Callable[[Wish], Heard]]) -> None:
    """Answer every line with the function of its client. What goes wrong is told in `trouble`."""
    out = sys.stdout
    sys.stdout = sys.stderr  # Libraries may print; the answers' channel is ours.
    for line in sys.stdin:
        wish = Wish(**json.loads(line))
        try:
            answer = asks[wish.client](wish)._asdict()
        except Exception:  # noqa: BLE001 - the table tells of whatever a client throws
            answer = {"trouble": traceback.format_exc()}
        out.write(json.dumps(answer) + "\n")
        out.flush()
