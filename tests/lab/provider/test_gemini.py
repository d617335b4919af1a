"""The fake Gemini, heard with the ears of the house and asked in its words."""

import json

import msgspec
import pytest

from mainstay.lab.provider.gemini import Gemini
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.voice import ErrorAnswer, Stamp
from mainstay.model.catalogue import ABLE
from mainstay.model.conversation import (
    Image,
    OutputFormat,
    Part,
    Prompt,
    Reasoning,
    Role,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.piece import Called, Done, Failed, Piece, Said, Stop, Stopped, Thought, WholeAnswer
from mainstay.wire.codec import Target, Written
from mainstay.wire.gemini.codec import GeminiCodec
from tests.lab.provider.gemini_talk import performed, request, text, user

CODEC = GeminiCodec()
STAMP = Stamp("primary", "0123456789abcdef", 0.0)
WEATHER = Tool("weather", schema=b'{"type":"object","properties":{"city":{"type":"string"}}}')
MODELS = ("gemini-3-pro", "gemini-2.5-flash")


def asked(prompt: Prompt, name: str) -> ProviderRequest:
    written = CODEC.write_prompt(prompt, Target(name, "primary", ABLE))
    assert isinstance(written, Written)
    path, _, query = written.path.partition("?")
    return ProviderRequest("POST", f"/v1beta{path}", query, body=written.body)


def streamed(prompt: Prompt, name: str = "gemini-3-pro", fault: str = "ok") -> list[Piece]:
    status, body = performed(asked(msgspec.structs.replace(prompt, stream=True), name), fault)
    assert status == 200
    reader = CODEC.pieces()
    return reader.feed(body) + reader.close()


def whole(prompt: Prompt, name: str = "gemini-3-pro", fault: str = "ok") -> WholeAnswer | Fault:
    status, body = performed(asked(prompt, name), fault)
    assert status == 200
    return CODEC.read_answer((), body)


def question(said: str, *parts: Part) -> Prompt:
    return Prompt("anthropic", "m", (Turn(Role.USER, (Text(said), *parts)),))


def said(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, Said))


def answer(told: WholeAnswer | Fault) -> WholeAnswer:
    assert isinstance(told, WholeAnswer)
    return told


@pytest.mark.parametrize("name", MODELS)
def test_text_is_the_same_streamed_and_whole(name: str) -> None:
    pieces = streamed(question("hello"), name)
    told = answer(whole(question("hello"), name))
    assert told.parts == (Text(said(pieces)),)
    assert len(said(pieces).split()) == 60
    assert isinstance(pieces[-2], Stopped)
    assert (pieces[-2].usage, pieces[-1]) == (told.usage, Done())


@pytest.mark.parametrize("name", MODELS)
def test_calls_and_their_results_go_round(name: str) -> None:
    prompt = msgspec.structs.replace(question("look [tools=2] [echo=results]"), tools=(WEATHER,))
    calls = [piece.call for piece in streamed(prompt, name) if isinstance(piece, Called)]
    assert [call.name for call in calls] == ["weather", "weather"]
    assert len({call.id for call in calls}) == 2
    results = tuple(ToolResult(call.id, (Text("sunny"),)) for call in calls)
    turns = (*prompt.turns, Turn(Role.ASSISTANT, tuple(calls)), Turn(Role.USER, results))
    told = answer(whole(msgspec.structs.replace(prompt, turns=turns), name))
    assert isinstance(told.parts[0], Text)
    assert told.parts[0].text.startswith("[tool results=2 ")
    assert told.stop is Stop.END


def test_a_signature_comes_back_to_who_made_it_and_to_nobody_else() -> None:
    prompt = msgspec.structs.replace(question("look"), tools=(WEATHER,), reasoning=Reasoning(visible=True))
    told = answer(whole(prompt))
    call = next(part for part in told.parts if isinstance(part, ToolCall))
    thoughts = [part for part in told.parts if isinstance(part, Thinking)]
    own = tuple(msgspec.structs.replace(thought, issuer="primary") for thought in thoughts)
    assert any(thought.text for thought in own)
    turns = (*prompt.turns, Turn(Role.ASSISTANT, (*own, call)), Turn(Role.USER, (ToolResult(call.id),)))
    back = asked(msgspec.structs.replace(prompt, turns=turns), "gemini-3-pro")
    assert performed(back)[0] == 200
    signature = json.loads(back.body)["contents"][1]["parts"][-1]["thoughtSignature"]
    forged = msgspec.structs.replace(back, body=back.body.replace(signature.encode(), b"Zm9yZ2Vk"))
    assert performed(forged)[0] == 400


@pytest.mark.parametrize("name", MODELS)
def test_thoughts_are_shown_on_demand(name: str) -> None:
    pieces = streamed(msgspec.structs.replace(question("hello"), reasoning=Reasoning(visible=True)), name)
    assert any(isinstance(piece, Thought) and piece.text for piece in pieces)
    assert not any(isinstance(piece, Thought) for piece in streamed(question("hello"), name))


def test_structured_answers_are_json() -> None:
    wanted = OutputFormat(b'{"type":"object","properties":{"a":{"type":"integer"}}}')
    told = answer(whole(msgspec.structs.replace(question("hello"), output_format=wanted)))
    assert isinstance(told.parts[0], Text)
    assert list(json.loads(told.parts[0].text)) == ["a"]


def test_pictures_are_seen() -> None:
    assert "[images=1 digest=" in said(streamed(question("look", Image("image/png", "aW1n"))))


def test_the_limit_and_the_stop_sequence_are_kept() -> None:
    limited = msgspec.structs.replace(question("hello"), max_output_tokens=2)
    assert answer(whole(limited)).stop is Stop.LENGTH
    stopped = msgspec.structs.replace(question("[text=one END two]"), stop_sequences=("END",))
    assert answer(whole(stopped)).parts == (Text("one "),)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("inband-error", FaultKind.OVERLOAD), ("inband-error:type=api_error", FaultKind.SERVER)],
)
def test_errors_inside_a_success(fault: str, kind: FaultKind) -> None:
    failed = streamed(question("hello"), fault=fault)[-1]
    assert isinstance(failed, Failed)
    told = whole(question("hello"), fault=fault)
    assert isinstance(told, Fault)
    assert failed.fault.kind is told.kind is kind


def test_broken_arguments_are_a_reason_to_stop() -> None:
    failed = streamed(msgspec.structs.replace(question("look"), tools=(WEATHER,)), fault="tool-broken-json")[-1]
    assert isinstance(failed, Failed)
    assert failed.fault.code == "malformed_function_call"


@pytest.mark.parametrize("fault", ["refusal", "content-filter"])
def test_what_is_refused_is_filtered(fault: str) -> None:
    assert answer(whole(question("hello"), fault=fault)).stop is Stop.FILTER
    assert Done() in streamed(question("hello"), fault=fault)


@pytest.mark.parametrize("fault", ["early-finish", "truncated-json", "cut:clean=true"])
def test_a_stream_without_its_stop_reason_has_no_end(fault: str) -> None:
    pieces = streamed(question("hello"), fault=fault)
    assert said(pieces)
    assert Done() not in pieces


@pytest.mark.parametrize("fault", ["split", "packed", "crlf", "comments", "empty-data", "unknown-event"])
def test_what_is_harmless_is_heard_whole(fault: str) -> None:
    pieces = streamed(question("hello"), fault=fault)
    assert said(pieces) == said(streamed(question("hello")))
    assert pieces[-1] == Done()


def test_only_streams_of_events_are_spoken() -> None:
    asked_plainly = msgspec.structs.replace(request(stream=True), query="")
    assert performed(asked_plainly)[0] == 400


def test_a_wait_stands_in_the_body_as_google_writes_it() -> None:
    body = Gemini().error(ErrorAnswer(429, "RESOURCE_EXHAUSTED", "slow"), STAMP)
    assert CODEC.classify(429, (), body, 0.0).wait_seconds == 2.0
    plain = json.loads(Gemini().error(ErrorAnswer(500, "INTERNAL", "x"), STAMP))
    assert plain == {"error": {"code": 500, "message": "x", "status": "INTERNAL"}}


def test_models_are_listed() -> None:
    assert (
        json.loads(performed(ProviderRequest("GET", "/v1beta/models"))[1])["models"][0]["name"] == "models/claude-demo"
    )
    assert json.loads(performed(ProviderRequest("GET", "/v1beta/models/gpt-demo"))[1])["name"] == "models/gpt-demo"
    assert performed(ProviderRequest("GET", "/v1beta/models/none"))[0] == 404


def test_a_call_needs_its_method() -> None:
    assert performed(msgspec.structs.replace(request(user(text("hi"))), method="GET"))[0] == 405


def test_the_key_stands_in_googles_header() -> None:
    keyed = msgspec.structs.replace(request(), headers=(("x-goog-api-key", "k"),))
    assert performed(keyed, key="k")[0] == 200
    assert performed(keyed, key="other")[0] == 400
