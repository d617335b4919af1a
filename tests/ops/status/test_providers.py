"""What a provider says, beside what we see."""

import pytest
from msgspec.structs import replace

from mainstay.model.incident import ComponentStatus
from mainstay.ops.status.providers import said_view
from mainstay.ops.status.sources import Said
from tests.ops.status.samples import NOW, SLOW, WELL

SAID = Said("north", WELL, "", "https://status.north.example/", None, NOW - 30)


@pytest.mark.parametrize(
    ("says", "seen", "words"),
    [
        (WELL, WELL, "It says so too."),
        (SLOW, WELL, "It tells of trouble that our own requests do not meet."),
        (WELL, SLOW, "It does not tell of trouble, our own requests do."),
        (SLOW, SLOW, "It tells of trouble too."),
        (None, SLOW, "Its status page does not say how it is."),
    ],
)
def test_the_two_are_compared(says: ComponentStatus | None, seen: ComponentStatus, words: str) -> None:
    assert said_view(replace(SAID, status=says), seen, NOW).agreement == words


def test_what_was_read_long_ago_is_not_taken_for_now() -> None:
    old = replace(SAID, read_at=NOW - 901)
    assert said_view(old, SLOW, NOW).agreement.startswith("Its status page cannot be read now")
    assert said_view(replace(SAID, read_at=None), SLOW, NOW).agreement == "We could not read its status page yet."


def test_its_habit_is_told() -> None:
    late = said_view(replace(SAID, lag_seconds=720.0), WELL, NOW).agreement
    assert late == "It says so too. It usually does 12 min after our own requests show it."
    assert "12 min before" in said_view(replace(SAID, lag_seconds=-720.0), WELL, NOW).agreement
    assert "usually" not in said_view(replace(SAID, lag_seconds=5.0), WELL, NOW).agreement


def test_its_words_are_bounded_and_its_address_has_no_secret() -> None:
    view = said_view(replace(SAID, text="a\n\x1b" + "b" * 999, url="https://u:secret@h.example/?t=secret"), WELL, NOW)
    assert view.text.startswith("a b")
    assert len(view.text) == 200
    assert view.url == "https://h.example/"


@pytest.mark.parametrize("path", ["", "/api/v2/summary.json", "/history.atom?x=1"])
def test_visitors_are_led_to_the_page_that_people_read(path: str) -> None:
    view = said_view(replace(SAID, url=f"https://status.north.example{path or '/'}"), WELL, NOW)
    assert view.url == "https://status.north.example/"
    assert said_view(replace(SAID, url="https://h.example/cloud"), WELL, NOW).url == "https://h.example/cloud"
