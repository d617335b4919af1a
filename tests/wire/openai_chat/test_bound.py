import json

import pytest

from mainstay.model.call import Call
from mainstay.wire.openai_chat.request import read_call


def bound(*messages: dict[str, object], **members: object) -> str:
    body = json.dumps({"model": "m", "messages": list(messages), **members}).encode()
    call = read_call("/v1/chat/completions", "", (), body)
    assert isinstance(call, Call)
    return call.bound


def test_an_uploaded_file_binds() -> None:
    part = {"type": "file", "file": {"file_id": "file-1"}}
    assert bound({"role": "user", "content": "a"}, {"role": "user", "content": [part]}) == "file id"


def test_sound_that_was_said_before_binds() -> None:
    assert bound({"role": "user", "content": "a"}, {"role": "assistant", "audio": {"id": "audio_1"}}) == "audio id"


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "Hi"},
        {"role": "user", "content": 'say "file_id" and "audio"'},
        {"role": "user", "content": [{"type": "text", "text": "a", "file_id": "x"}]},
        {"role": "user", "content": [{"type": "file", "file": {"file_id": None, "file_data": "AA"}}]},
        {"role": "assistant", "content": "a", "audio": None},
    ],
)
def test_what_only_looks_like_it_does_not(message: dict[str, object]) -> None:
    assert bound(message, metadata={"file_id": "a", "audio": "b"}) == ""
