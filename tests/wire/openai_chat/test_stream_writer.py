import httpx2
from hypothesis import given
from hypothesis import strategies as st
from openai import OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from mainstay.model.conversation import Thinking, ToolCall
from mainstay.model.frame import FrameKind, Usage
from mainstay.model.piece import Began, Called, Counted, Done, Piece, Refused, Said, Sealed, Stop, Stopped, Thought
from mainstay.wire.openai_chat.piece_reader import ChunkPieces
from mainstay.wire.openai_chat.stream import ChunkMeaning
from mainstay.wire.openai_chat.stream_writer import ChunkWriter
from mainstay.wire.reader import StreamReader
from mainstay.wire.sse import SseSplitter
from tests.wire.openai_chat.crossing import IDENTITY, golden, prompt_of, write_stream
from tests.wire.openai_chat.test_counts import usages
from tests.wire.streams import data_of

SCRIPT: list[Piece] = [
    Began("msg_1", "claude-demo", Usage(100, 1, 64)),
    Thought("Two cities."),
    Sealed(Thinking("anthropic", "Two cities.", "c2ln")),
    Said('Let me "look".'),
    Called(ToolCall("toolu_1", "weather", '{"city": "Paris"}')),
    Called(ToolCall("toolu_2", "clock", "{}")),
    Stopped(Stop.TOOL, usage=Usage(0, 20, reasoning_tokens=12)),
    Done(),
]


def written(pieces: list[Piece], *, include_usage: bool = True) -> bytes:
    return write_stream(ChunkWriter(prompt_of(stream=True, include_usage=include_usage), IDENTITY), pieces)


def read_by_sdk(stream: bytes) -> tuple[list[ChatCompletionChunk], ChatCompletion]:
    """Both ways in which the official SDK reads a stream."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=stream)

    transport = httpx2.MockTransport(answer)
    with (
        httpx2.Client(transport=transport) as http,
        OpenAI(api_key="k", base_url="http://gateway", http_client=http) as sdk,
    ):
        with sdk.chat.completions.create(model="m", messages=[], stream=True) as chunks:
            told = list(chunks)
        with sdk.chat.completions.stream(model="m", messages=[]) as events:
            for _ in events:
                pass
            return told, events.get_final_completion()


def test_a_whole_stream() -> None:
    assert data_of(written(SCRIPT)) == data_of(golden("stream_written.sse"))
    assert written(SCRIPT).endswith(b"}\n\ndata: [DONE]\n\n")


def test_usage_is_for_those_who_asked() -> None:
    chunks = data_of(written(SCRIPT, include_usage=False))
    assert not any("usage" in chunk for chunk in chunks)
    assert len(chunks) == len(data_of(written(SCRIPT))) - 1


def test_usage_that_nobody_knows_is_not_invented() -> None:
    assert data_of(written([Began(), Stopped(Stop.END), Done()]))[-1]["usage"] is None


def test_late_usage_counts() -> None:
    chunks = data_of(written([Began(), Stopped(Stop.END), Counted(Usage(7, 3)), Done()]))
    assert chunks[-1]["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": 3,
        "total_tokens": 10,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def test_a_refusal_in_words_ends_with_stop() -> None:
    chunks = data_of(written([Began(), Refused("I cannot."), Stopped(Stop.REFUSAL), Done()]))
    assert [chunk["choices"] for chunk in chunks[1:]] == [
        [{"index": 0, "delta": {"refusal": "I cannot."}, "logprobs": None, "finish_reason": None}],
        [{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}],
    ]


def test_a_refusal_without_words_looks_like_a_filter() -> None:
    assert ChunkWriter(prompt_of(), IDENTITY).stop_word(Stop.REFUSAL) == "content_filter"


def test_an_empty_thought_says_nothing() -> None:
    assert ChunkWriter(prompt_of(), IDENTITY).thought("") == b""


def test_an_id_that_is_too_long_is_replaced() -> None:
    (chunk,) = data_of(ChunkWriter(prompt_of(), IDENTITY).called(ToolCall("x" * 41, "f", "{}")))
    assert "x" * 41 not in str(chunk)


def test_the_official_sdk_reads_it() -> None:
    chunks, completion = read_by_sdk(written(SCRIPT))
    assert {chunk.id for chunk in chunks} == {"chatcmpl-42"}
    assert chunks[-1].usage is not None
    choice = completion.choices[0]
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", 'Let me "look".')
    calls = [call for call in choice.message.tool_calls or () if call.type == "function"]
    assert [(call.id, call.function.name, call.function.arguments) for call in calls] == [
        ("toolu_1", "weather", '{"city": "Paris"}'),
        ("toolu_2", "clock", "{}"),
    ]
    assert completion.usage is not None
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (100, 20)


def test_the_official_sdk_reads_a_refusal() -> None:
    _, completion = read_by_sdk(written([Began(), Refused("I "), Refused("cannot."), Stopped(Stop.REFUSAL), Done()]))
    assert completion.choices[0].message.refusal == "I cannot."


words = st.text(min_size=1)
calls = st.builds(
    ToolCall,
    st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True),
    st.from_regex(r"[a-z_]{1,20}", fullmatch=True),
    st.sampled_from(["{}", '{"a": "\\n"}', '{"ü": [1, {"b": "}"}]}']),
)
contents = st.one_of(
    words.map(Said), words.map(Thought), words.map(Refused), calls.map(Called), st.just(Sealed(Thinking(seal="s")))
)
scripts = st.lists(contents, max_size=12)
stops = st.sampled_from([Stop.END, Stop.LENGTH, Stop.FILTER])


def told(pieces: list[Piece]) -> tuple[str, str, str, list[ToolCall]]:
    """What a stream says, whatever its pieces: text, reasoning, refusal, calls in order."""
    return (
        "".join(piece.text for piece in pieces if isinstance(piece, Said)),
        "".join(piece.text for piece in pieces if isinstance(piece, Thought)),
        "".join(piece.text for piece in pieces if isinstance(piece, Refused)),
        [piece.call for piece in pieces if isinstance(piece, Called)],
    )


def distinct(script: list[Piece]) -> list[Piece]:
    """Readers see to it that no two calls have the same id."""
    ids = [piece.call.id for piece in script if isinstance(piece, Called)]
    return script if len(set(ids)) == len(ids) else [piece for piece in script if not isinstance(piece, Called)]


@given(scripts, stops, usages)
def test_what_is_written_is_read_back(script: list[Piece], stop: Stop, usage: Usage) -> None:
    script = distinct(script)
    has_calls, has_refusal = (
        any(isinstance(one, Called) for one in script),
        any(isinstance(one, Refused) for one in script),
    )
    stop = Stop.TOOL if has_calls and stop is Stop.END else Stop.REFUSAL if has_refusal and stop is Stop.END else stop
    stream = written([Began(), *script, Stopped(stop, usage=usage), Done()])
    reader = ChunkPieces()
    back = reader.feed(stream) + reader.close()
    assert back[0] == Began("chatcmpl-42", "claude-demo")
    assert told(back) == told(script)
    assert back[-3:] == [Stopped(stop), Counted(usage), Done()]


@given(scripts, stops)
def test_the_native_reader_takes_it_for_a_providers_stream(script: list[Piece], stop: Stop) -> None:
    frames = StreamReader(ChunkMeaning(), SseSplitter()).feed(
        written([Began(usage=Usage(1)), *distinct(script), Stopped(stop), Done()])
    )
    assert [frame.kind for frame in frames[-3:]] == [FrameKind.FINISH, FrameKind.USAGE, FrameKind.END]
    assert frames[-3].stop_reason == ChunkWriter(prompt_of(), IDENTITY).stop_word(stop)
    assert "".join(frame.text for frame in frames) == told(script)[0]
    assert not frames[-1].holds
    assert FrameKind.ERROR not in {frame.kind for frame in frames}
