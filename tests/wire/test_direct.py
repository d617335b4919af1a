"""The provider's own door: where a request goes and in which header its key travels."""

import pytest

from mainstay.model.catalogue import Upstream
from mainstay.model.http import Outgoing
from mainstay.wire.direct import DirectDoor
from mainstay.wire.platform import Parcel

WALL = 0.0


def outgoing(dialect: str, key: str) -> Outgoing:
    parcel = Parcel(dialect, "/v1/messages?beta=true", (("x-own", "1"),), b"{}", "m", stream=True)
    return DirectDoor().outgoing(parcel, Upstream("u", dialect, "https://u.example"), key, WALL)


@pytest.mark.parametrize(
    ("dialect", "key", "field"),
    [
        ("anthropic", "sk-ant-api03-x", ("x-api-key", "sk-ant-api03-x")),
        ("anthropic", "sk-ant-oat01-x", ("authorization", "Bearer sk-ant-oat01-x")),
        ("openai-chat", "sk-x", ("authorization", "Bearer sk-x")),
        ("openai-responses", "sk-ant-api03-x", ("authorization", "Bearer sk-ant-api03-x")),
    ],
)
def test_the_key_travels_as_the_dialect_wants_it(dialect: str, key: str, field: tuple[str, str]) -> None:
    assert outgoing(dialect, key) == Outgoing(
        "https://u.example/v1/messages?beta=true", (("x-own", "1"), field), b"{}", "POST"
    )


@pytest.mark.parametrize("dialect", ["anthropic", "openai-chat"])
def test_without_a_key_nothing_is_said_of_one(dialect: str) -> None:
    assert outgoing(dialect, "").headers == (("x-own", "1"),)


def test_there_is_no_envelope() -> None:
    assert DirectDoor().unwrapped(500, (), b"{}") == (500, b"{}")
    assert DirectDoor().decoder((("content-type", "application/vnd.amazon.eventstream"),)) is None
