import pytest

from bench.spoken.registry import CALLERS, VOICES, Pace, base_path, pace_of, voice_of
from mainstay.wire.registry import SPEECH

WORDS = 3
PACE = Pace(WORDS, 50)
PATH_BEHIND_BASE = {
    "anthropic": "/v1/messages",
    "openai-chat": "/chat/completions",
    "openai-responses": "/responses",
    "gemini": "/models/m:streamGenerateContent?alt=sse",
    "bedrock": "/model/m/converse-stream",
}


def stream_of(dialect: str) -> list[bytes]:
    voice = VOICES[dialect]
    content = [voice.content(number) for number in range(WORDS)]
    return [voice.opening(), *content, voice.closing(WORDS)]


def test_the_harness_speaks_every_dialect_of_the_product() -> None:
    assert set(VOICES) == set(SPEECH.upstreams)
    assert set(CALLERS) == set(SPEECH.callers)


@pytest.mark.parametrize("dialect", VOICES)
def test_an_upstream_learns_dialect_and_pace_from_the_path(dialect: str) -> None:
    path = base_path(dialect, PACE) + PATH_BEHIND_BASE[dialect]
    assert (voice_of(path), pace_of(path)) == (VOICES[dialect], PACE)


@pytest.mark.parametrize("path", ["/v1/embeddings", "/", "/v1/messages/count_tokens"])
def test_a_path_of_nobody_is_answered_by_nobody(path: str) -> None:
    assert voice_of(path) is None


@pytest.mark.parametrize("path", ["/v1/messages", "/pace/3/v1/messages", "/v1/pace/3/50/messages", "/pace/x/50/v1"])
def test_a_path_may_name_no_pace(path: str) -> None:
    assert pace_of(path) is None


@pytest.mark.parametrize("dialect", CALLERS)
def test_a_whole_stream_has_no_trouble(dialect: str) -> None:
    assert CALLERS[dialect].trouble_of(b"".join(stream_of(dialect)), WORDS) is None


@pytest.mark.parametrize("dialect", CALLERS)
def test_a_comment_in_a_stream_is_no_trouble(dialect: str) -> None:
    assert CALLERS[dialect].trouble_of(b"".join([*stream_of(dialect), b": served by bench\n\n"]), WORDS) is None


@pytest.mark.parametrize("dialect", CALLERS)
@pytest.mark.parametrize(
    "order",
    [(), (1, 2, 3, 4), (0, 1, 2, 3), (0, 1, 2, 3, 4, 4), (0, 2, 3, 4), (0, 2, 1, 3, 4), (0, 1, 1, 2, 3, 4)],
    ids=["nothing", "no beginning", "no end", "two ends", "a word lost", "words swapped", "a word twice"],
)
def test_a_stream_that_is_not_whole_is_found_out(dialect: str, order: tuple[int, ...]) -> None:
    pieces = stream_of(dialect)
    assert CALLERS[dialect].trouble_of(b"".join(pieces[number] for number in order), WORDS) is not None


@pytest.mark.parametrize("dialect", CALLERS)
def test_the_content_mark_stands_once_in_each_piece_of_content_and_nowhere_else(dialect: str) -> None:
    mark = CALLERS[dialect].content_mark
    assert [piece.count(mark) for piece in stream_of(dialect)] == [0, *[1] * WORDS, 0]
