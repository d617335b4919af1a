import pytest

from bench.dialogue import closing_events, content_event, opening_events, request_body, trouble_of
from mainstay.model.frame import FrameKind
from mainstay.wire.registry import DIALECTS

WORDS = 3
PIECES = [opening_events(), *(content_event(number) for number in range(WORDS)), closing_events(WORDS)]


def test_a_whole_stream_has_no_trouble() -> None:
    assert trouble_of(b"".join(PIECES), WORDS) is None


def test_a_comment_in_a_stream_is_no_trouble() -> None:
    assert trouble_of(b"".join([*PIECES, b": served by bench\n\n"]), WORDS) is None


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        PIECES[1:],
        PIECES[:-1],
        [*PIECES, closing_events(WORDS)],
        [PIECES[0], *PIECES[2:]],
        [PIECES[0], PIECES[2], PIECES[1], *PIECES[3:]],
        [*PIECES[:2], PIECES[1], *PIECES[2:]],
    ],
    ids=["nothing", "no beginning", "no end", "two ends", "a word lost", "words swapped", "a word twice"],
)
def test_a_stream_that_is_not_whole_is_found_out(pieces: list[bytes]) -> None:
    assert trouble_of(b"".join(pieces), WORDS) is not None


def test_the_stream_is_one_that_the_product_reads_as_anthropic() -> None:
    reader = DIALECTS["anthropic"].frames()
    kinds = [frame.kind for frame in reader.feed(b"".join(PIECES))]
    assert (kinds.count(FrameKind.TEXT), kinds[-1], reader.dropped) == (WORDS, FrameKind.END, 0)


def test_a_prompt_has_the_size_that_it_is_named_by() -> None:
    small, large = (len(request_body("m", size)) for size in (1_000, 20_000))
    assert large - small == 19_000
