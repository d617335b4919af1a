import msgspec

from mainstay.lab.provider.ask import Ask
from mainstay.lab.provider.openai_chat import OpenaiChat
from mainstay.lab.provider.script import Part, PartKind
from mainstay.lab.provider.turn import Stop, ToolCall, Turn
from mainstay.lab.provider.voice import ErrorAnswer, Manner, Stamp

VOICE = OpenaiChat()
STAMP = Stamp("primary", "0123456789abcdef", 0.0)
ASK = Ask(model="gpt-demo", stream=True, conversation=(), input_tokens=100, cached_tokens=40)
COUNTED = msgspec.structs.replace(ASK, include_usage=True)


def streamed(turn: Turn, ask: Ask = ASK) -> list[Part]:
    return VOICE.stream(ask, turn, STAMP, Manner())


def payload(part: Part) -> dict[str, object]:
    return msgspec.json.decode(part.data.removeprefix(b"data: "), type=dict[str, object])


def test_a_stream_goes_from_role_to_done() -> None:
    parts = streamed(Turn(text="one two three"))
    kinds = [PartKind.PREAMBLE, PartKind.TEXT, PartKind.TEXT, PartKind.FINISH, PartKind.END]
    assert [part.kind for part in parts] == kinds
    assert parts[-1].data == b"data: [DONE]\n\n"
    assert sum(part.chars for part in parts) == len("one two three")


def test_id_and_created_are_the_same_in_every_chunk() -> None:
    chunks = [payload(part) for part in streamed(Turn(text="one two three four"))[:-1]]
    assert len({(chunk["id"], chunk["created"]) for chunk in chunks}) == 1


def test_usage_comes_alone_and_only_when_asked_for() -> None:
    plain = msgspec.json.decode(VOICE.plain(ASK, Turn(text="abcd"), STAMP))
    counted = [payload(part) for part in streamed(Turn(text="abcd"), COUNTED)[:-1]]
    assert counted[-1]["choices"] == []
    assert counted[-1]["usage"] == plain["usage"]
    assert all(chunk["usage"] is None for chunk in counted[:-1])
    assert all("usage" not in payload(part) for part in streamed(Turn(text="abcd"))[:-1])
    assert plain["usage"]["prompt_tokens_details"]["cached_tokens"] == 40


def test_only_the_first_delta_of_a_call_is_named() -> None:
    calls = (ToolCall("one", '{"city":"Zürich am See"}'), ToolCall("two", "{}"))
    deltas = [
        msgspec.json.decode(part.data.removeprefix(b"data: "))["choices"][0]["delta"]["tool_calls"][0]
        for part in streamed(Turn(tool_calls=calls, stop=Stop.TOOL))
        if part.kind is PartKind.TOOL
    ]
    for index, call in enumerate(calls):
        own = [delta for delta in deltas if delta["index"] == index]
        assert ["id" in delta for delta in own] == [True] + [False] * (len(own) - 1)
        assert own[0]["function"]["name"] == call.name
        assert "".join(delta["function"]["arguments"] for delta in own) == call.arguments


def test_every_choice_has_its_own_chunks() -> None:
    parts = streamed(Turn(text="a", choices=2))
    assert [part.kind for part in parts].count(PartKind.FINISH) == 2
    plain = msgspec.json.decode(VOICE.plain(ASK, Turn(text="a", choices=2), STAMP))
    assert [choice["index"] for choice in plain["choices"]] == [0, 1]
    assert [part.kind for part in streamed(Turn(choices=0))] == [PartKind.PREAMBLE, PartKind.END]


def test_a_refusal_is_no_content() -> None:
    message = msgspec.json.decode(VOICE.plain(ASK, Turn(refusal="no", stop=Stop.REFUSAL), STAMP))["choices"][0]
    assert (message["message"]["content"], message["message"]["refusal"]) == (None, "no")


def test_an_error_has_all_four_fields() -> None:
    error = msgspec.json.decode(VOICE.error(ErrorAnswer(429, "requests", "slow", "rate_limit_exceeded", "n"), STAMP))
    assert error == {"error": {"message": "slow", "type": "requests", "param": "n", "code": "rate_limit_exceeded"}}


def test_keep_alives_are_comments_and_events_have_no_names() -> None:
    assert VOICE.ping().startswith(b": ")
    assert VOICE.event("anything", b"{}") == b"data: {}\n\n"


def test_an_exhausted_limit_shows_in_the_headers() -> None:
    headers = dict(VOICE.headers(STAMP, 30.0))
    assert (headers["x-ratelimit-remaining-requests"], headers["x-ratelimit-reset-requests"]) == ("0", "30s")


def test_models() -> None:
    assert [model["id"] for model in msgspec.json.decode(VOICE.models(("a", "b")))["data"]] == ["a", "b"]
    assert msgspec.json.decode(VOICE.model("a"))["object"] == "model"
