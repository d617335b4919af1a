import msgspec

from mainstay.lab.provider.anthropic import Anthropic, count_tokens
from mainstay.lab.provider.ask import Ask
from mainstay.lab.provider.script import Part, PartKind
from mainstay.lab.provider.turn import Stop, ToolCall, Turn
from mainstay.lab.provider.voice import ErrorAnswer, Manner, Stamp

VOICE = Anthropic()
STAMP = Stamp("primary", "0123456789abcdef", 0.0)
ASK = Ask(model="claude-demo", stream=True, conversation=(), input_tokens=100, cached_tokens=40)


SILENT = Manner(pings=False)


def streamed(turn: Turn, manner: Manner = SILENT) -> list[Part]:
    return VOICE.stream(ASK, turn, STAMP, manner)


def names(parts: list[Part]) -> list[str]:
    return [part.data.split(b"\n")[0].removeprefix(b"event: ").decode() for part in parts]


def test_text_comes_in_one_block() -> None:
    parts = streamed(Turn(text="one two three"))
    assert names(parts) == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert sum(part.chars for part in parts) == len("one two three")


def test_every_event_names_its_type_in_its_data() -> None:
    turn = Turn(text="a", thinking="b", tool_calls=(ToolCall("t", '{"a":1}'),), stop=Stop.TOOL)
    for part in streamed(turn, Manner()):
        line, data, *rest = part.data.split(b"\n")
        assert rest == [b"", b""]
        assert msgspec.json.decode(data.removeprefix(b"data: "))["type"] == line.removeprefix(b"event: ").decode()


def test_a_ping_follows_the_first_opening() -> None:
    assert names(streamed(Turn(text="a"), Manner()))[:3] == ["message_start", "content_block_start", "ping"]


def test_thinking_is_signed_before_its_block_closes() -> None:
    for thinking in ("deep thoughts", ""):
        parts = streamed(Turn(text="a", thinking=thinking))
        pieces = [part for part in parts if part.kind is PartKind.THINKING]
        assert b"thinking_delta" in pieces[0].data
        assert b"signature_delta" in pieces[-1].data


def test_tool_arguments_begin_empty_and_add_up() -> None:
    parts = streamed(Turn(tool_calls=(ToolCall("t", '{"city":"Zürich on the lake"}'),), stop=Stop.TOOL))
    deltas = [msgspec.json.decode(part.data.split(b"data: ")[1]) for part in parts if part.kind is PartKind.TOOL][1:]
    said = [delta["delta"]["partial_json"] for delta in deltas]
    assert said[0] == ""
    assert "".join(said) == '{"city":"Zürich on the lake"}'


def test_plain_and_streamed_usage_agree() -> None:
    turn = Turn(text="some words here")
    plain = msgspec.json.decode(VOICE.plain(ASK, turn, STAMP))
    finish = next(part for part in streamed(turn) if part.kind is PartKind.FINISH)
    assert msgspec.json.decode(finish.data.split(b"data: ")[1])["usage"] == plain["usage"]
    assert plain["usage"]["input_tokens"] == 60
    assert plain["usage"]["cache_read_input_tokens"] == 40


def test_a_broken_call_still_has_an_object_where_there_must_be_one() -> None:
    plain = msgspec.json.decode(VOICE.plain(ASK, Turn(tool_calls=(ToolCall("t", '{"a'),)), STAMP))
    assert plain["content"][0]["input"] == {"INVALID_JSON": '{"a'}


def test_an_error_has_type_code_and_request_id() -> None:
    error = msgspec.json.decode(VOICE.error(ErrorAnswer(429, "rate_limit_error", "slow", "ramp_limit_exceeded"), STAMP))
    assert error == {
        "type": "error",
        "error": {
            "type": "rate_limit_error",
            "message": "slow",
            "details": {"error_code": "ramp_limit_exceeded"},
        },
        "request_id": dict(VOICE.headers(STAMP))["request-id"],
    }


def test_an_exhausted_limit_shows_in_the_headers() -> None:
    assert dict(VOICE.headers(STAMP, 30.0))["anthropic-ratelimit-requests-remaining"] == "0"
    assert dict(VOICE.headers(STAMP, 30.0))["anthropic-ratelimit-requests-reset"] == "1970-01-01T00:00:30Z"


def test_models_and_token_counts() -> None:
    page = msgspec.json.decode(VOICE.models(("a", "b")))
    assert ([model["id"] for model in page["data"]], page["first_id"], page["last_id"]) == (["a", "b"], "a", "b")
    assert msgspec.json.decode(VOICE.model("a"))["type"] == "model"
    assert msgspec.json.decode(count_tokens(ASK)) == {"input_tokens": 100}
