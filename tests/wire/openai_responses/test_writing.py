from typing import cast

from mainstay.wire.json_bytes import raw, read_fields
from mainstay.wire.openai_responses.items import response_object
from mainstay.wire.openai_responses.response import INCOMPLETE
from mainstay.wire.openai_responses.writing import EventWriter
from tests.wire.openai_responses.native import Json, events
from tests.wire.openai_responses.sdk import checked


def begun() -> tuple[EventWriter, bytes]:
    writer = EventWriter("1")
    return writer, writer.event("response.created", {"response": raw(response_object("ex_1", 1, "m"))})


def test_text_opens_a_message_once() -> None:
    writer, sent = begun()
    sent += writer.said("One ") + writer.said("“two”\n") + writer.close_message()
    assert [event["type"] for event in checked(sent)] == [
        "response.created",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
    ]
    assert writer.close_message() == b""
    (item,) = writer.items.values()
    assert read_fields(item)
    assert b"One \xe2\x80\x9ctwo\xe2\x80\x9d\\n" in bytes(item)


def test_a_refusal_after_text_is_a_second_part() -> None:
    writer, sent = begun()
    sent += (
        writer.said("One") + writer.refused("No") + writer.refused("!") + writer.said("two") + writer.close_message()
    )
    told = checked(sent)
    done = cast("Json", told[-1]["item"])
    assert [part["type"] for part in cast("list[Json]", done["content"])] == ["output_text", "refusal", "output_text"]
    assert cast("list[Json]", done["content"])[1]["refusal"] == "No!"


def test_messages_and_items_take_the_next_place() -> None:
    writer, _ = begun()
    sent = writer.said("One") + writer.close_message(INCOMPLETE) + writer.said("two")
    added = [event for event in events(sent) if event["type"] == "response.output_item.added"]
    assert [(event["output_index"], cast("Json", event["item"])["id"]) for event in added] == [
        (0, "msg_1_0"),
        (1, "msg_1_1"),
    ]
    assert bytes(writer.output()).count(b'"status"') == 1
    assert bytes(writer.output_so_far()).count(b'"status":"incomplete"') == 2


def test_text_goes_on_in_a_part_that_another_stream_opened() -> None:
    writer, sent = begun()
    sent += writer.said("One")
    assert writer.message
    writer.message.texts = ["One"]
    assert writer.close_part() != b""
    assert writer.close_part() == b""
