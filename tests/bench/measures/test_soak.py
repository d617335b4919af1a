from collections import Counter

from bench.figure import Verdict
from bench.measures.soak import figures
from bench.soak.footprint import Footprint

ENDINGS = Counter({"stream: answered": 90, "stranger: status 401": 5, "nonsense: status 400": 5})


def footprints(tasks_more: int = 0, bytes_more: int = 0) -> list[Footprint]:
    return [
        Footprint(
            exchanges=30_000 * (number + 1),
            memory_bytes=80_000_000 + bytes_more * number,
            sockets=70,
            open_files=18,
            threads=7,
            tasks=tasks_more * number,
            objects=4_000,
            types={"dict": 10 + tasks_more * 1_000 * number},
            state_files=20,
            state_bytes=1_000,
        )
        for number in range(6)
    ]


def verdicts(of: list[Footprint], endings: Counter[str] = ENDINGS) -> dict[str, Verdict]:
    return {figure.name.strip(): figure.verdict for figure in figures(of, endings)}


def test_nothing_grew() -> None:
    assert set(verdicts(footprints()).values()) == {Verdict.AIM, Verdict.INFORMATION}


def test_tasks_and_memory_that_grow_are_seen() -> None:
    found = verdicts(footprints(tasks_more=2, bytes_more=600_000))
    assert found["growth of tasks that are not done in 100,000 exchanges"] is Verdict.MISSED
    assert found["growth of memory in 100,000 exchanges"] is Verdict.MISSED
    assert found["growth of sockets in 100,000 exchanges"] is Verdict.AIM


def test_what_grew_most_is_named() -> None:
    grew = [remark for figure in figures(footprints(tasks_more=2), ENDINGS) for remark in figure.remarks]
    assert "dict grew by 6,667" in grew


def test_a_stream_that_was_cut_or_a_stranger_who_was_let_in_is_a_miss() -> None:
    for ending in ("stream: cut", "stranger: answered", "plain: status 500"):
        endings = ENDINGS + Counter({ending: 1})
        assert figures(footprints(), endings)[0].verdict is Verdict.MISSED
