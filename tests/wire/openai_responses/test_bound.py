import json

import pytest

from mainstay.model.call import Call
from mainstay.wire.openai_responses.request import read_call

FILE = {"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}
SCREEN = {"type": "computer_call_output", "output": {"type": "computer_screenshot", "file_id": "file-1"}}
IMAGE = {"type": "function_call_output", "output": [{"type": "input_image", "file_id": "file-1"}]}


def bound(**fields: object) -> str:
    call = read_call("/v1/responses", "", (), json.dumps({"model": "m", **fields}).encode())
    assert isinstance(call, Call), call
    return call.bound


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"conversation": "conv_1", "previous_response_id": "resp_1"}, "conversation"),
        ({"conversation": {"id": "conv_1"}}, "conversation"),
        ({"previous_response_id": "resp_1", "prompt": {"id": "p"}}, "previous_response_id"),
        ({"prompt": {"id": "p"}, "input": [FILE]}, "prompt"),
        ({"input": [FILE]}, "file id"),
        ({"input": [IMAGE]}, "file id"),
        ({"input": [SCREEN], "tools": [{"type": "file_search"}]}, "file id"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "item_reference"),
        ({"tools": [{"type": "mcp", "connector_id": "connector_gmail"}, {"type": "file_search"}]}, "mcp"),
        ({"tools": [{"type": "mcp", "tunnel_id": "t"}]}, "mcp"),
        ({"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]}, "vector store"),
        ({"tools": [{"type": "code_interpreter", "container": "cntr_1"}]}, "container"),
        ({"tools": [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["f"]}}]}, "container"),
    ],
)
def test_state_of_one_provider_binds(fields: dict[str, object], why: str) -> None:
    assert bound(**fields) == why


@pytest.mark.parametrize(
    "fields",
    [
        {"input": "Hi", "conversation": None, "previous_response_id": None, "prompt": None},
        {"input": [{"role": "user", "content": 'Say "file_id" and item_reference'}]},
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": "a", "file_id": None}]}, 7]},
        {"input": [{"content": {"file_id": "x"}}, {"content": [7]}, {"type": "message", "content": None}]},
        {"tools": [{"type": "function", "parameters": {"example": {"file_id": "x"}}}]},
        {"tools": [{"type": "mcp", "server_url": "https://example.com"}]},
        {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}, {"type": "code_interpreter"}]},
    ],
)
def test_everything_else_may_go_anywhere(fields: dict[str, object]) -> None:
    assert bound(**fields) == ""


def test_an_odd_item_beside_a_reference_is_no_reference() -> None:
    assert bound(input=[7, {"role": "user", "content": ["item_reference"]}]) == ""
    assert bound(input=[{"type": "message", "note": "item_reference"}]) == ""
