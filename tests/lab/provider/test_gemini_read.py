import msgspec
import pytest

from mainstay.lab.provider.ask import Ask, Problem, Result, Thinking
from mainstay.lab.provider.gemini_read import read_gemini
from mainstay.lab.provider.vertex_paths import Target
from tests.lab.provider.gemini_talk import TOOLS, Json, model, text, user

HI = user(text("hi"))
OLD = Target("gemini-2.5-flash", "generateContent")


def ask(*contents: Json, target: Target = OLD, **fields: object) -> Ask:
    read = read_gemini(msgspec.json.encode({"contents": contents, **fields}), target)
    assert isinstance(read, Ask)
    return read


def test_the_url_names_the_model_and_whether_to_stream() -> None:
    read = ask(HI, target=Target("g", "streamGenerateContent"))
    assert (read.model, read.stream, ask(HI).stream) == ("g", True, False)


def test_parameters() -> None:
    config = {
        "maxOutputTokens": 9,
        "temperature": 0.5,
        "stopSequences": ["END"],
        "thinkingConfig": {"thinkingBudget": 5, "includeThoughts": True},
    }
    read = ask(HI, generationConfig=config, systemInstruction={"parts": [text("a"), text("b")]})
    assert (read.max_tokens, read.temperature, read.stop_sequences) == (9, 0.5, ("END",))
    assert (read.thinking, read.effort, read.system) == (Thinking.SHOWN, "5", "a\nb")


@pytest.mark.parametrize(
    ("config", "offered", "forced"),
    [
        ({"mode": "AUTO"}, 1, ""),
        ({"mode": "NONE"}, 0, ""),
        ({"mode": "ANY"}, 1, "weather"),
        ({"mode": "ANY", "allowedFunctionNames": ["other"]}, 1, "other"),
    ],
)
def test_the_rule_for_tools(config: Json, offered: int, forced: str) -> None:
    read = ask(HI, tools=TOOLS, toolConfig={"functionCallingConfig": config})
    assert (len(read.tools), read.forced_tool) == (offered, forced)


def test_neighbours_of_one_role_are_one_turn() -> None:
    call = {"functionCall": {"name": "f"}}
    result = {"functionResponse": {"name": "f", "response": {"output": "x"}}}
    turns = ask(HI, model(call), user(result), user(text("and?"))).conversation
    assert [(said.role, said.text) for said in turns] == [("user", "hi"), ("assistant", ""), ("user", "and?")]
    assert turns[2].results == (Result("f/1", "x"),)
    assert turns[1].calls == ("f/1",)


def test_results_without_ids_pair_up_by_name_and_order() -> None:
    calls = [{"functionCall": {"name": name}} for name in ("f", "g", "f")]
    results = [{"functionResponse": {"name": name, "response": {"error": name}}} for name in ("f", "g", "f")]
    _, called, given = ask(HI, model(*calls), user(*results)).conversation
    assert called.calls == ("f/1", "g/1", "f/2") == tuple(result.call_id for result in given.results)


def test_pictures_and_documents_are_seen() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "aW1n"}}
    paper = {"inlineData": {"mimeType": "application/pdf", "data": "cGRm"}}
    call, response = {"functionCall": {"name": "f"}}, {"name": "f", "response": {"a": 1}, "parts": [picture]}
    turns = ask(user(picture, paper), model(call), user({"functionResponse": response})).conversation
    assert (turns[0].images, turns[0].documents) == (("aW1n",), 1)
    assert turns[2].results == (Result("f/1", '{"a":1}', ("aW1n",)),)


def test_structured_answers_have_a_schema() -> None:
    json_type = {"responseMimeType": "application/json"}
    assert ask(HI).schema is None
    free = ask(HI, generationConfig=json_type).schema
    bound = ask(HI, generationConfig={**json_type, "responseJsonSchema": {"type": "integer"}}).schema
    assert free is not None
    assert bound is not None
    assert (list(free.properties), bound.type) == (["answer"], "integer")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff", b'{"contents":[{"parts":[{"words":"x"}]}]}', b'{"contents":5}', b"{" * 9]
)
def test_what_is_no_request_is_refused(body: bytes) -> None:
    assert isinstance(read_gemini(body, OLD), Problem)


def test_choices_are_bounded() -> None:
    body = msgspec.json.encode({"contents": [HI], "generationConfig": {"candidateCount": 99}})
    assert isinstance(read_gemini(body, OLD), Problem)
