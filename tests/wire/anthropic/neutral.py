"""Neutral words for tests: made-up prompts, scripts of pieces, and short ways to say them."""

from pathlib import Path

import msgspec
from hypothesis import strategies as st

from mainstay.model.catalogue import ABLE, Capabilities
from mainstay.model.conversation import (
    Document,
    Effort,
    Image,
    OutputFormat,
    Part,
    Prompt,
    Reasoning,
    Role,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
    Turn,
)
from mainstay.model.fault import Fault
from mainstay.model.frame import Usage
from mainstay.model.piece import Began, Called, Calling, Done, Piece, Said, Stop, Stopped
from mainstay.wire.anthropic.prompt_writer import write_prompt
from mainstay.wire.anthropic.stream_writer import MessageStreamWriter
from mainstay.wire.codec import Identity, Target, Written

GOLDEN = Path(__file__).parents[1] / "golden" / "anthropic"
IDENTITY = Identity("ex_01", 1_760_000_000, "claude-demo", "there")
ISSUER = "claude-place"

WEATHER = Tool(
    "weather",
    "The temperature of a city.",
    b'{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}',
)
PARIS = ToolCall("toolu_01A", "weather", '{"city":"Paris"}')
ROME = ToolCall("toolu_01B", "weather", '{"city":"Rome"}')


def user(*parts: Part | str) -> Turn:
    return Turn(Role.USER, said(parts))


def assistant(*parts: Part | str) -> Turn:
    return Turn(Role.ASSISTANT, said(parts))


def system(*parts: Part | str) -> Turn:
    return Turn(Role.SYSTEM, said(parts))


def said(parts: tuple[Part | str, ...]) -> tuple[Part, ...]:
    return tuple(Text(part) if isinstance(part, str) else part for part in parts)


def prompt(*turns: Turn, **members: object) -> Prompt:
    return Prompt(dialect="openai-chat", model="asked", turns=turns or (user("Hi"),), **members)  # type: ignore[arg-type]


def target(able: Capabilities = ABLE, model: str = "claude-demo") -> Target:
    return Target(model, ISSUER, able)


def written(asked: Prompt, able: Capabilities = ABLE, model: str = "claude-demo") -> Written:
    result = write_prompt(asked, target(able, model))
    assert isinstance(result, Written), result
    return result


def barred(asked: Prompt, able: Capabilities = ABLE, model: str = "claude-demo") -> Fault:
    result = write_prompt(asked, target(able, model))
    assert isinstance(result, Fault)
    return result


def stream_of(pieces: list[Piece]) -> bytes:
    """The bytes that the writer makes of a script, as the translator would ask for them."""
    writer = MessageStreamWriter(IDENTITY)
    data = b""
    for piece in pieces:
        match piece:
            case Began():
                data += writer.began(piece)
            case Said(text):
                data += writer.said(text)
            case Called(call):
                data += writer.called(call)
            case Stopped():
                data += writer.stopped(piece)
            case Done():
                data += writer.done()
            case _:
                pass
    return data


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
words = texts.filter(lambda text: bool(text.strip()))
ids = st.text(st.sampled_from("abcXYZ019_-"), min_size=1, max_size=64)
arguments = st.sampled_from(["{}", '{"city":"Rome"}', '{"n":1.50,"list":[1,{"a":null}],"text":"a\\n\\u00e9"}'])
usages = st.builds(
    lambda fresh, cached, taken, output, thought: Usage(
        fresh + cached + taken, output, cached, cache_write_tokens=taken, reasoning_tokens=thought
    ),
    *[st.integers(min_value=0, max_value=10**6)] * 5,
)


@st.composite
def scripts(draw: st.DrawFn) -> list[Piece]:
    """A stream without thinking: text and whole tool calls, then a stop reason."""
    content: list[Piece] = []
    call_ids = iter(draw(st.lists(ids, min_size=4, max_size=4, unique=True)))
    for is_call in draw(st.lists(st.booleans(), max_size=6)):
        if is_call and (call_id := next(call_ids, None)):
            content += [Calling(), Called(ToolCall(call_id, "weather", draw(arguments)))]
        else:
            content.append(Said(draw(texts)))
    calls = any(isinstance(piece, Called) for piece in content)
    stops = [Stop.TOOL, Stop.LENGTH] if calls else [Stop.END, Stop.LENGTH, Stop.SEQUENCE, Stop.REFUSAL, Stop.CONTEXT]
    stop = draw(st.sampled_from([*stops, Stop.PAUSE]))
    sequence = draw(words) if stop is Stop.SEQUENCE else ""
    # What is thought is known at the end only.
    began, counted = msgspec.structs.replace(draw(usages), reasoning_tokens=0), draw(usages)
    return [Began("msg_01", "claude-demo", began), *content, Stopped(stop, sequence, counted), Done()]


_images = st.builds(Image, st.sampled_from(["image/png", "image/webp"]), st.sampled_from(["aGk=", "AAAA"])) | st.builds(
    Image, url=st.just("https://pictures.example/1")
)
_documents = (
    st.builds(Document, data=st.just("JVBERi0="), name=st.sampled_from(["", "a.pdf"]))
    | st.builds(Document, st.just("text/plain"), text=words)
    | st.builds(Document, url=st.just("https://papers.example/1"))
)
_held = st.lists(words.map(Text) | _images | _documents, min_size=1, max_size=3).map(tuple)
_schemas = st.sampled_from([WEATHER.schema, b'{"type":"object","properties":{},"additionalProperties":false}'])
_TRUE = st.sampled_from([True])
_closed = st.just(b'{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}')
_choices = st.sampled_from(ToolMode).flatmap(
    lambda mode: st.builds(
        ToolChoice,
        st.just(mode),
        st.just("weather" if mode is ToolMode.NAMED else ""),
        st.none() if mode is ToolMode.NONE else st.none() | st.booleans(),
    )
)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Turn, ...]:
    """Turns that take turns; calls are followed by their results."""
    turns: list[Turn] = [Turn(Role.SYSTEM, tuple(Text(text) for text in draw(st.lists(words, min_size=1, max_size=2))))]
    turns = turns if draw(st.booleans()) else []
    call_ids = iter(draw(st.lists(ids, min_size=4, max_size=4, unique=True)))
    calls: tuple[ToolCall, ...] = ()
    for number in range(draw(st.integers(min_value=0, max_value=2)) * 2 + 1):
        if number % 2 == 0:
            results = tuple(ToolResult(one.id, draw(_held | st.just(())), draw(st.booleans())) for one in calls)
            more: tuple[Part, ...] = draw(_held) if not results or draw(st.booleans()) else ()
            turns.append(Turn(Role.USER, results + more))
        else:
            called = [call_id for call_id in (next(call_ids), next(call_ids)) if draw(st.booleans())]
            calls = tuple(ToolCall(call_id, "weather", draw(arguments)) for call_id in called)
            spoken: tuple[Part, ...] = (Text(draw(words)),) if not calls or draw(st.booleans()) else ()
            turns.append(Turn(Role.ASSISTANT, spoken + calls))
    return tuple(turns)


@st.composite
def lossless_prompts(draw: st.DrawFn) -> Prompt:
    """Prompts that this dialect can tell in full."""
    tools = draw(st.just((WEATHER,)) | st.just((WEATHER, Tool("strict_one", "", draw(_closed), strict=True))))
    thinks = draw(st.booleans())
    turns = draw(conversations())
    has_calls = any(isinstance(part, ToolCall) for turn in turns for part in turn.parts)
    efforts = st.sampled_from([Effort.LOW, Effort.MEDIUM, Effort.HIGH, Effort.XHIGH, Effort.MAX, None])
    reasoning = st.builds(Reasoning, efforts, visible=st.none() | st.booleans())
    chance = st.floats(min_value=0, max_value=1)
    sampling = st.builds(Sampling, chance | st.none()) | st.builds(Sampling, top_p=chance, top_k=st.integers(1, 99))
    return Prompt(
        dialect="anthropic",
        model="claude-demo",
        turns=turns,
        stream=draw(st.booleans()),
        tools=tools,
        tool_choice=draw(st.none() | (st.none() if thinks else _choices)),
        max_output_tokens=draw(st.integers(min_value=1, max_value=64_000)),
        stop_sequences=draw(st.lists(words, max_size=3).map(tuple)),
        sampling=Sampling() if thinks else draw(sampling),
        output_format=draw(st.none() | st.builds(OutputFormat, _closed, strict=_TRUE)),
        reasoning=draw(reasoning) if thinks and not has_calls else None,
        end_user=draw(st.sampled_from(["", "user-7"])),
        service_tier=draw(st.sampled_from(["", "auto", "standard"])),
    )


SEALED = Thinking(ISSUER, "Which city?", "c2ln")
HIDDEN = Thinking(ISSUER, seal="cmVk", hidden=True)
