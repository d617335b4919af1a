import pytest

from mainstay.lab.provider.anthropic import Anthropic
from mainstay.lab.provider.fault import parse_fault
from mainstay.lab.provider.scene import (
    Scene,
    after_chars,
    after_content,
    first_content,
    inside_tool_call,
    middle,
    terminal,
)
from mainstay.lab.provider.script import Part, PartKind, Script
from mainstay.lab.provider.steps import Head
from mainstay.lab.provider.voice import Stamp

PARTS = (
    Part(PartKind.PREAMBLE, b"start"),
    Part(PartKind.TEXT, b"a", chars=10),
    Part(PartKind.TEXT, b"b", chars=10),
    Part(PartKind.TOOL, b"c"),
    Part(PartKind.TOOL, b"d"),
    Part(PartKind.FINISH, b"finish"),
    Part(PartKind.END, b"end"),
)
SCRIPT = Script(head=Head(200, ()), parts=PARTS)
EMPTY = Script(head=Head(200, ()))


def test_places_in_a_script() -> None:
    assert first_content(SCRIPT) == 1
    assert after_content(SCRIPT) == 5
    assert inside_tool_call(SCRIPT) == 4
    assert middle(SCRIPT) == 3
    assert terminal(SCRIPT) == 6


@pytest.mark.parametrize(("chars", "index"), [(0, 1), (1, 2), (10, 2), (11, 3), (20, 3), (21, 5)])
def test_the_place_behind_so_much_text(chars: int, index: int) -> None:
    assert after_chars(SCRIPT, chars) == index


def test_an_empty_script_has_places_too() -> None:
    assert (first_content(EMPTY), after_content(EMPTY), terminal(EMPTY), middle(EMPTY)) == (0, 0, 0, 0)
    assert inside_tool_call(EMPTY) is None


def test_the_head_says_who_answered() -> None:
    scene = Scene(Anthropic(), Stamp("primary", "00000000", 0.0), parse_fault("throttle:retry_after=7"))
    headers = dict(scene.head(429, "application/json", ("retry-after", "7")).headers)
    assert headers["x-lab-provider"] == "primary"
    assert headers["retry-after"] == "7"
    assert headers["anthropic-ratelimit-requests-remaining"] == "0"
