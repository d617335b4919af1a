from mainstay.wire.json_bytes import raw, read_fields
from mainstay.wire.openai_responses.seen import Seen
from tests.wire.openai_responses.native import Native, events


def noted(*sent: bytes) -> Seen:
    seen = Seen()
    for event in events(b"".join(sent)):
        seen.note(read_fields(raw(event)) or {})
    return seen


def test_the_response_and_the_numbers_are_the_streams_own() -> None:
    native = Native()
    seen = noted(native.begin(), native.said("One"))
    assert bytes(seen.response["id"]) == b'"resp_1"'
    assert (seen.events().sequence, seen.events().index, seen.characters) == (native.number + 1, 1, 3)
    assert list(seen.events().items) == [0]


def test_a_text_event_is_noted_without_being_read() -> None:
    native = Native()
    seen = noted(native.begin(), native.message())
    assert seen.text(native.text("One"), "One")
    assert seen.characters == 3
    assert seen.events().sequence == native.number + 1


def test_text_outside_an_open_part_must_be_read() -> None:
    native = Native()
    native.message()
    text = native.text("One")
    assert not Seen().text(text, "One")
    seen = noted(native.begin(), native.message())
    assert not seen.text(b"data: " + text.partition(b"data: ")[2], "One")


def test_a_whole_call_and_what_lacks_its_end() -> None:
    native = Native()
    seen = noted(native.begin(), native.call(), native.arguments("{}"))
    assert seen.would_be_whole([])
    assert not seen.may_continue()
    arguments, item = events(seen.close_calls())
    assert arguments["arguments"] == "{}"
    assert item["type"] == "response.output_item.done"
    assert seen.close_calls() == b""


def test_calls_that_are_known_of_must_have_come() -> None:
    native = Native()
    seen = noted(native.begin(), native.called("{}"))
    assert seen.would_be_whole([])
    assert not seen.would_be_whole([], begun=1)
