"""The harness's streams and requests are those that the product itself reads and writes."""

import msgspec
import pytest

from bench.dialogue import word
from bench.spoken.registry import CALLERS, VOICES
from mainstay.model.call import Call
from mainstay.model.conversation import Prompt
from mainstay.model.frame import Frame, FrameKind
from mainstay.model.piece import Done, Said, Stop, Stopped
from mainstay.wire.codec import Identity
from mainstay.wire.crossing.translator import Translator
from mainstay.wire.registry import CALLERS as CALLER_CODECS
from mainstay.wire.registry import DIALECTS
from mainstay.wire.registry import UPSTREAMS as UPSTREAM_CODECS

WORDS = 3
PAIRS = [(caller, upstream) for caller in CALLERS for upstream in VOICES if caller != upstream]


def stream_of(dialect: str) -> bytes:
    voice = VOICES[dialect]
    content = [voice.content(number) for number in range(WORDS)]
    return b"".join([voice.opening(), *content, voice.closing(WORDS)])


def prompt_of(dialect: str) -> Prompt:
    caller = CALLERS[dialect]
    call = DIALECTS[dialect].read_call(caller.path, "", tuple(caller.headers.items()), caller.body("m"))
    assert isinstance(call, Call)
    prompt = CALLER_CODECS[dialect].read_prompt(call)
    assert isinstance(prompt, Prompt)
    return prompt


@pytest.mark.parametrize("dialect", VOICES)
def test_every_stream_is_one_that_the_product_reads_whole(dialect: str) -> None:
    reader = UPSTREAM_CODECS[dialect].pieces()
    pieces = [*reader.feed(stream_of(dialect)), *reader.close()]
    assert [piece.text for piece in pieces if isinstance(piece, Said)] == [word(number) for number in range(WORDS)]
    assert [piece.stop for piece in pieces if isinstance(piece, Stopped)] == [Stop.END]
    assert (isinstance(pieces[-1], Done), reader.dropped) == (True, 0)


@pytest.mark.parametrize("dialect", VOICES)
def test_the_response_is_one_that_the_product_takes_for_a_stream(dialect: str) -> None:
    assert UPSTREAM_CODECS[dialect].is_stream((("content-type", VOICES[dialect].content_type),))


@pytest.mark.parametrize("dialect", CALLERS)
def test_every_request_asks_for_a_stream_and_may_cross(dialect: str) -> None:
    prompt = prompt_of(dialect)
    assert (prompt.stream, prompt.stays, prompt.extras) == (True, (), ())


@pytest.mark.parametrize(("caller", "upstream"), PAIRS)
def test_a_translated_stream_is_whole_for_its_caller(caller: str, upstream: str) -> None:
    dialect = DIALECTS[caller]
    writer = CALLER_CODECS[caller].writer(prompt_of(caller), Identity("ex_1", 1_760_000_000, "m", upstream))
    translator = Translator(
        UPSTREAM_CODECS[upstream].pieces(), writer, dialect.frames(), ping=dialect.ping(), issuer=upstream
    )
    frames: list[Frame] = [*translator.feed(stream_of(upstream)), *translator.close()]
    assert FrameKind.ERROR not in {frame.kind for frame in frames}
    stream = b"".join(frame.raw for frame in frames)
    assert CALLERS[caller].trouble_of(stream, WORDS) is None
    assert stream.count(CALLERS[caller].content_mark) == WORDS


def test_the_harness_does_not_flatter_translation_with_small_events() -> None:
    """Anthropic's are the smallest that providers send; every other dialect says more around a word."""
    sizes = {dialect: len(voice.content(1)) for dialect, voice in VOICES.items()}
    assert msgspec.structs.asdict(VOICES["anthropic"])["dialect"] == min(sizes, key=lambda name: sizes[name])
