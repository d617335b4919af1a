import pytest

from mainstay.model.piece import Stop
from mainstay.wire.openai_responses.stops import ending, stop_of, stop_word


@pytest.mark.parametrize(
    ("stop", "event", "word"),
    [
        (Stop.END, "response.completed", "completed"),
        (Stop.TOOL, "response.completed", "completed"),
        (Stop.SEQUENCE, "response.completed", "completed"),
        (Stop.REFUSAL, "response.completed", "completed"),
        (Stop.LENGTH, "response.incomplete", "max_output_tokens"),
        (Stop.CONTEXT, "response.incomplete", "max_output_tokens"),
        (Stop.FILTER, "response.incomplete", "content_filter"),
    ],
)
def test_every_stop_has_an_ending(stop: Stop, event: str, word: str) -> None:
    assert (ending(stop).event, stop_word(stop)) == (event, word)
    assert ending(stop).reason == ("" if word == "completed" else word)


def test_what_a_response_did_says_why_it_ended() -> None:
    assert stop_of("completed", "", called=True, refused=True) is Stop.TOOL
    assert stop_of("completed", "", called=False, refused=True) is Stop.REFUSAL
    assert stop_of("completed", "", called=False, refused=False) is Stop.END
    assert stop_of("incomplete", "content_filter", called=True, refused=False) is Stop.FILTER
    assert stop_of("incomplete", "news", called=False, refused=False) is Stop.LENGTH
