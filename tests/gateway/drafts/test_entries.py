import msgspec
import pytest

from mainstay.gateway.drafts.entries import (
    Begun,
    Ended,
    PickedUp,
    encode,
    read_begun,
    read_ended,
    read_opening,
    read_picked_up,
    read_reply,
)
from mainstay.model.http import Reply
from tests.gateway.drafts.conftest import opening

HEADERS = (("content-type", "text/event-stream"),)


def test_an_opening_is_read_back() -> None:
    sample = msgspec.structs.replace(opening(body=b"\x00\xff"), background=True, response_id="resp_1", durable=True)
    assert read_opening(encode(sample)) == sample


def test_the_other_records_are_read_back() -> None:
    assert read_begun(encode(Begun(200, HEADERS))) == Begun(200, HEADERS)
    assert read_reply(encode(Reply(400, HEADERS, b"\x00{}"))) == Reply(400, HEADERS, b"\x00{}")
    assert read_ended(encode(Ended("answered", 1.5))) == Ended("answered", 1.5)
    assert read_picked_up(encode(PickedUp(1.5))) == PickedUp(1.5)


def test_an_opening_of_a_later_version_is_read_without_what_is_new() -> None:
    members = msgspec.msgpack.decode(encode(opening()))
    assert read_opening(msgspec.msgpack.encode({**members, "colour": "blue"})) == opening()


def test_a_record_of_another_kind_is_not_taken_for_an_opening() -> None:
    with pytest.raises(msgspec.ValidationError):
        read_opening(encode(Ended("answered", 1.5)))
