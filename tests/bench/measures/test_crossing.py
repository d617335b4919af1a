import pytest

from bench.figure import Verdict
from bench.measures.crossing import EVERY, FEW, Pair, figures, turns_of
from bench.measures.stream_run import StreamRun
from bench.stopwatch import Use

CHAT, CHAT_ALONE = Pair("openai-chat", "anthropic"), Pair("openai-chat", "openai-chat")
CHAT_FROM_GEMINI = Pair("openai-chat", "gemini")


def run(microseconds: float, others_share: float = 0.0) -> StreamRun:
    return StreamRun(1_000, Use(seconds=1.0, cpu_seconds=microseconds / 1e3, others_share=others_share))


def test_every_crossing_is_measured_and_none_twice() -> None:
    assert len(set(EVERY)) == len(EVERY) == 12
    assert set(FEW) <= set(EVERY)
    assert all(pair.is_crossing for pair in EVERY)


@pytest.mark.parametrize("pairs", [EVERY, FEW], ids=["every", "few"])
def test_each_pair_has_its_own_dialect_in_the_same_turn(pairs: tuple[Pair, ...]) -> None:
    turns = turns_of(pairs)
    assert sum(len(turn) for turn in turns) == len(pairs) + len(turns)
    for turn in turns:
        caller = turn[0].caller
        assert {pair.caller for pair in turn} == {caller}
        assert turn[len(turn) // 2 if len(turn) > 2 else 0] == Pair(caller, caller)


def test_the_worst_pair_is_judged_by_the_median_of_its_ratios() -> None:
    runs = {
        CHAT: [run(11.0), run(30.0), run(10.0)],
        CHAT_ALONE: [run(10.0), run(10.0), run(10.0)],
        CHAT_FROM_GEMINI: [run(17.0), run(18.0), run(17.0)],
    }
    worst, *each = figures(runs, 1_000)
    assert worst.value.median == pytest.approx(1.7)
    assert worst.verdict is Verdict.MISSED
    assert worst.remarks == ("the worst pair is openai-chat from gemini",)
    assert [(one.name.strip(), round(one.value.median, 3)) for one in each] == [
        ("openai-chat from anthropic", 1.1),
        ("openai-chat from gemini", 1.7),
        ("openai-chat alone", 10.0),
    ]


def test_a_ratio_is_made_of_runs_of_the_same_repeat() -> None:
    runs = {CHAT: [run(12.0), run(24.0), run(36.0)], CHAT_ALONE: [run(10.0), run(20.0), run(30.0)]}
    assert figures(runs, 1_000)[0].value.repeats == pytest.approx((1.2, 1.2, 1.2))


def test_a_disturbed_or_slow_run_is_remarked_upon() -> None:
    runs = {CHAT: [run(12.0, others_share=0.2)], CHAT_ALONE: [run(10.0)]}
    remarks = figures(runs, 2_000)[0].remarks
    assert "others were on the proxy's core in 1 of 2 runs" in remarks
    assert "only 1,000 of 2,000 events/s came" in remarks
