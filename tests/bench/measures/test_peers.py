import pytest

from bench.figure import Verdict
from bench.measures.peers import OWN_LOAD, SAME_LOAD, lenient, stream_figures
from bench.measures.stream_run import Offered, StreamRun
from bench.peers import LITELLM
from bench.spoken.openai_chat import CALLER, END, content
from bench.spoken.registry import Pace
from bench.stopwatch import Use

FEW = Offered(24, Pace(250, 50))


def run(microseconds: float) -> StreamRun:
    return StreamRun(1_000, Use(seconds=1.0, cpu_seconds=microseconds / 1e3, others_share=0.0))


def test_each_is_judged_by_its_own_load_and_the_same_load_stands_beside_it() -> None:
    runs = {
        ("anthropic", LITELLM): [run(900.0)],
        ("anthropic", SAME_LOAD): [run(45.0)],
        ("anthropic", OWN_LOAD): [run(20.0)],
        ("openai-chat", LITELLM): [run(450.0)],
        ("openai-chat", SAME_LOAD): [run(45.0)],
    }
    judged, same, same_chat, *_ = stream_figures(runs, LITELLM, FEW)
    assert judged.value.median == pytest.approx(20 / 900)
    assert judged.verdict is Verdict.AIM
    assert (same.value.median, same_chat.value.median) == pytest.approx((0.05, 0.1))
    assert judged.remarks == ("LiteLLM had 24 streams of 50 events/s and used up to 90% of its core",)


def stream(numbers: range, end: bytes = b"data: " + END) -> bytes:
    return b"".join(content(number) for number in numbers) + end


@pytest.mark.parametrize(
    ("came", "is_good"),
    [
        (stream(range(5)), True),
        (stream(range(4)), False),
        (stream(range(1, 6)), False),
        (stream(range(5), b""), False),
    ],
    ids=["whole", "short", "without the first", "without an end"],
)
def test_other_gateways_may_spell_events_anew_but_no_word_may_be_missing(came: bytes, is_good: bool) -> None:  # noqa: FBT001 - a parameter of a test
    assert (lenient(CALLER).trouble_of(came, 5) is None) is is_good
