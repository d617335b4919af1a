import pytest

from mainstay.model.piece import Stop
from mainstay.wire.openai_responses.stops import Ending, ending, stop_of, stop_word


@pytest.mark.parametrize(
    ("stop", "event", "word"),
    [
        (Stop.END, "response.completed", "completed"),
        (Stop.TOOL, "response.completed", "completed"),
        (Stop.SEQUENCE, "response.completed", "completed"),
        (Stop.LENGTH, "response.incomplete", "max_output_tokens"),
        (Stop.CONTEXT, "response.incomplete", "max_output_tokens"),
        (Stop.FILTER, "response.incomplete", "content_filter"),
    ],
)
def test_every_stop_has_an_ending(stop: Stop, event: str, word: str) -> None:
    assert (ending(stop).event, stop_word(stop)) == (event, word)
    assert ending(stop).reason == ("" if word == "completed" else word)
    assert ending(stop, refused=True) == ending(stop)


def test_a_refusal_is_complete_only_if_it_is_told_in_words() -> None:
    assert ending(Stop.REFUSAL, refused=True) == Ending("response.completed", "completed")
    assert ending(Stop.REFUSAL) == Ending("response.incomplete", "incomplete", "content_filter")
    assert stop_word(Stop.REFUSAL) == "completed"


def test_what_a_response_did_says_why_it_ended() -> None:
    assert stop_of("completed", "", called=True, refused=True) is Stop.TOOL
    assert stop_of("completed", "", called=False, refused=True) is Stop.REFUSAL
    assert stop_of("completed", "", called=False, refused=False) is Stop.END
    assert stop_of("incomplete", "content_filter", called=True, refused=False) is Stop.FILTER
    assert stop_of("incomplete", "news", called=False, refused=False) is Stop.LENGTH
