"""What requests need, and what is said of a candidate that lacks it."""

import msgspec
import pytest

from mainstay.model.catalogue import ABLE, Capabilities
from mainstay.model.conversation import (
    Document,
    Effort,
    Image,
    OutputFormat,
    Part,
    Prompt,
    Reasoning,
    Refusal,
    Role,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from mainstay.wire.continuation import CHARACTERS_PER_TOKEN
from mainstay.wire.crossing.needs import IMAGE_TOKENS, Needs, lacking, needs_of, thinks

EVERYTHING = Needs(
    input_tokens=1_000,
    output_tokens=500,
    tools=True,
    images=True,
    image_urls=True,
    documents=True,
    structured_output=True,
    prefill=True,
)
BY_VALUE = Image("image/png", "aGk=")
BY_URL = Image(url="https://example.com/cat.png")


def asks(*parts: Part) -> Prompt:
    return Prompt("anthropic", "claude", (Turn(Role.USER, parts),))


def tokens(*parts: Part) -> int:
    return needs_of(asks(*parts)).input_tokens


# -- needs


def test_a_plain_question_needs_tokens_and_nothing_else() -> None:
    assert needs_of(asks(Text("x" * 400))) == Needs(input_tokens=400 // CHARACTERS_PER_TOKEN)


def test_a_limit_of_the_output_is_needed_whole() -> None:
    assert needs_of(msgspec.structs.replace(asks(), max_output_tokens=4_096)).output_tokens == 4_096


def test_tools_are_needed_and_their_descriptions_are_read() -> None:
    schema = b'{"type":"object"}'
    prompt = msgspec.structs.replace(asks(), tools=(Tool("weather", "d" * 383, schema),))
    assert needs_of(prompt) == Needs(tools=True, input_tokens=400 // CHARACTERS_PER_TOKEN)


def test_images_are_needed_wherever_they_stand() -> None:
    assert tokens(*[BY_VALUE] * 8) == 8 * IMAGE_TOKENS, "whatever their size in bytes"
    assert needs_of(asks(BY_VALUE)) == Needs(images=True, input_tokens=IMAGE_TOKENS)
    assert needs_of(asks(BY_URL)) == Needs(images=True, image_urls=True, input_tokens=IMAGE_TOKENS)
    assert needs_of(asks(ToolResult("call_1", (BY_URL, BY_VALUE)))) == Needs(
        images=True, image_urls=True, input_tokens=2 * IMAGE_TOKENS
    )


def test_documents_are_needed_wherever_they_stand() -> None:
    assert needs_of(asks(Document(data="aGk="))).documents
    assert needs_of(asks(ToolResult("call_1", (Document(text="a"),)))).documents
    assert not needs_of(asks(Text("a document"))).documents


def test_a_document_by_value_counts_less_than_one_in_words() -> None:
    assert tokens(Document(text="x" * 4_000)) == 1_000
    assert tokens(Document(data="x" * 4_000)) == 100


@pytest.mark.parametrize(
    "part",
    [
        ToolCall("", "n" * 200, "a" * 200),
        Thinking(text="t" * 200, seal="s" * 200),
        Refusal("r" * 400),
        ToolResult("call_1", (Text("x" * 400),)),
    ],
    ids=lambda part: type(part).__name__,
)
def test_all_words_of_a_conversation_count(part: Part) -> None:
    assert tokens(part) == 400 // CHARACTERS_PER_TOKEN


def test_every_turn_counts() -> None:
    turns = tuple(Turn(role, (Text("x" * 40),)) for role in (Role.SYSTEM, Role.USER, Role.ASSISTANT))
    assert needs_of(Prompt("anthropic", "claude", turns)).input_tokens == 120 // CHARACTERS_PER_TOKEN


def test_a_schema_and_a_prefill_are_needs() -> None:
    assert needs_of(msgspec.structs.replace(asks(), output_format=OutputFormat())).structured_output
    assert needs_of(msgspec.structs.replace(asks(), prefill=True)).prefill


# -- lacks


def test_what_is_unknown_is_trusted_but_for_prefill() -> None:
    assert lacking(EVERYTHING, ABLE) == "no prefill"
    assert lacking(msgspec.structs.replace(EVERYTHING, prefill=False), ABLE) == ""


@pytest.mark.parametrize(
    ("need", "able", "reason"),
    [
        (Needs(tools=True), Capabilities(tools=False), "no tools"),
        (Needs(images=True), Capabilities(images=False), "no images"),
        (Needs(image_urls=True), Capabilities(image_urls=False), "no images by URL"),
        (Needs(documents=True), Capabilities(documents=False), "no documents"),
        (Needs(structured_output=True), Capabilities(structured_output=False), "no structured output"),
        (Needs(prefill=True), Capabilities(prefill=False), "no prefill"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_needed_and_not_there_is_named(need: Needs, able: Capabilities, reason: str) -> None:
    assert lacking(need, able) == reason
    assert lacking(Needs(), able) == ""


def test_all_that_is_there_is_enough() -> None:
    able = Capabilities(
        prefill=True,
        context_tokens=1_001,
        output_tokens=500,
        tools=True,
        images=True,
        image_urls=True,
        documents=True,
        structured_output=True,
    )
    assert lacking(EVERYTHING, able) == ""


@pytest.mark.parametrize(("window", "fits"), [(999, False), (1_000, False), (1_001, True)])
def test_a_request_that_fills_the_window_leaves_no_room_to_answer(window: int, *, fits: bool) -> None:
    reason = f"context window of {window} tokens, about 1000 needed"
    assert lacking(Needs(input_tokens=1_000), Capabilities(context_tokens=window)) == ("" if fits else reason)


@pytest.mark.parametrize(("limit", "fits"), [(499, False), (500, True)])
def test_an_output_limit_below_the_callers_is_named(limit: int, *, fits: bool) -> None:
    reason = f"output limit of {limit} tokens, 500 asked for"
    assert lacking(Needs(output_tokens=500), Capabilities(output_tokens=limit)) == ("" if fits else reason)


def test_everything_that_is_lacking_is_named_in_order() -> None:
    able = Capabilities(tools=False, documents=False, context_tokens=10, output_tokens=10)
    assert lacking(EVERYTHING, able) == (
        "no tools, no documents, no prefill, context window of 10 tokens, about 1000 needed, "
        "output limit of 10 tokens, 500 asked for"
    )


# -- reasoning


@pytest.mark.parametrize(
    ("wish", "answer"),
    [
        (None, False),
        (Reasoning(Effort.NONE), False),
        (Reasoning(), True),
        (Reasoning(Effort.LOW), True),
        (Reasoning(budget_tokens=1_024), True),
    ],
    ids=["no word of it", "none", "some", "low", "a budget"],
)
def test_who_asks_for_reasoning(wish: Reasoning | None, *, answer: bool) -> None:
    assert thinks(msgspec.structs.replace(asks(), reasoning=wish)) is answer
