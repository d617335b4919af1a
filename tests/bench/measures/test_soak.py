from collections import Counter

import msgspec
import pytest

from bench.figure import Verdict
from bench.measures.soak import figures
from bench.soak.footprint import Footprint

ENDINGS = Counter({"stream: answered": 90, "stranger: status 401": 5, "nonsense: status 400": 5})
NO_TROUBLES: list[str] = []


def footprints(tasks_more: int = 0, bytes_more: int = 0, rounds: int = 6, kept: int = 60) -> list[Footprint]:
    return [
        Footprint(
            exchanges=30_000 * (number + 1),
            memory_bytes=80_000_000 + bytes_more * number,
            control_memory_bytes=90_000_000,
            sockets=3,
            kept_connections=kept,
            open_files=18,
            threads=7,
            tasks=tasks_more * number,
            objects=4_000,
            blocks=300_000,
            types={"dict": 10 + tasks_more * 1_000 * number},
            drafts=2_000 - 50 * number,
            forgotten_drafts=0,
            state_files=20,
            state_bytes=1_000,
        )
        for number in range(rounds)
    ]


def verdicts(of: list[Footprint], troubles: list[str] = NO_TROUBLES) -> dict[str, Verdict]:
    return {figure.name.strip(): figure.verdict for figure in figures(of, ENDINGS, troubles)}


def test_nothing_grew() -> None:
    assert set(verdicts(footprints()).values()) == {Verdict.AIM, Verdict.INFORMATION}


def test_tasks_and_memory_that_grow_are_seen() -> None:
    found = verdicts(footprints(tasks_more=2, bytes_more=900_000))
    assert found["growth of tasks that are not done in 100,000 exchanges"] is Verdict.MISSED
    assert found["growth of memory in 100,000 exchanges"] is Verdict.MISSED
    assert found["growth of sockets in 100,000 exchanges"] is Verdict.AIM


def test_what_grew_most_is_named() -> None:
    grew = [remark for figure in figures(footprints(tasks_more=2), ENDINGS, []) for remark in figure.remarks]
    assert "dict grew by 6,667" in grew


def test_a_stream_that_was_cut_or_a_stranger_who_was_let_in_is_a_miss() -> None:
    for ending in ("stream: cut", "stranger: answered", "plain: status 500"):
        endings = ENDINGS + Counter({ending: 1})
        assert figures(footprints(), endings, [])[0].verdict is Verdict.MISSED


@pytest.mark.parametrize(("warming_rounds", "verdict"), [(4, Verdict.AIM), (8, Verdict.MISSED)])
def test_growth_while_it_warms_counts_for_nothing(warming_rounds: int, verdict: Verdict) -> None:
    found = [
        msgspec.structs.replace(one, memory_bytes=80_000_000 + 5_000_000 * min(number, warming_rounds))
        for number, one in enumerate(footprints(rounds=10))
    ]
    assert verdicts(found)["growth of memory in 100,000 exchanges"] is verdict


def test_a_gateway_that_complains_is_no_gateway_that_is_well() -> None:
    found = verdicts(footprints(), ["mainstay: journal: cannot write"])
    assert found["lines of trouble that the gateway said"] is Verdict.MISSED


def test_more_connections_than_there_were_callers_to_need_them_are_a_miss() -> None:
    found = verdicts(footprints(kept=1_000))
    assert found["most connections kept for an upstream's next requests"] is Verdict.MISSED
