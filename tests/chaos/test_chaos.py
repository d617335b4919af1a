"""Every dependency and one worker, killed and paused under load: no request fails and no record is lost. `make chaos`
plays more, and measures."""

from collections.abc import Iterator

import pytest

from tests.chaos.__main__ import PAGE, ROWS
from tests.chaos.balancer import data_events
from tests.chaos.load import KINDS, Sample
from tests.chaos.measure import usual_of
from tests.chaos.play import Deed, Outcome, Pace, play
from tests.chaos.proofs import SOUND, Losses, defects, losses, verdicts
from tests.chaos.rows import OUTAGES
from tests.chaos.stage import Stage, stage
from tests.chaos.table import Line, draw

PACE = Pace(quiet_answers=24)
OUTAGES_BY_NAME = {row.name: row for row in OUTAGES}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The stage. Its end is a test, too: everything in the ledger is sound, and nobody has made a mistake of ours."""
    with stage(tmp_path_factory.mktemp("chaos")) as one:
        yield one
        assert [verdict for verdict in verdicts(one).values() if not verdict.startswith(SOUND)] == []
        assert defects(one) == []


@pytest.mark.parametrize("name", OUTAGES_BY_NAME)
def test_no_request_fails_and_no_record_is_lost(running: Stage, name: str) -> None:
    outcome = play(running, OUTAGES_BY_NAME[name], PACE)
    assert [(one.kind, one.trouble) for one in outcome.failed] == []
    assert losses(running, outcome).lost == ()
    assert outcome.deed.wrong == ()


def sample(ended: float, trouble: str = "") -> Sample:
    return Sample(KINDS[0], 0, ended - 0.1, ended, trouble)


def outcome(*failed: Sample) -> Outcome:
    usual = usual_of([sample(1.0)])
    return Outcome("a row", 0.0, failed, failed, 0, 0, usual.added([]), 0.0, Deed(0.0))


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        (Line(outcome(), Losses((), 0)), True),
        (Line(outcome(), Losses((), 1)), True),
        (Line(outcome(), Losses(("ex_1",), 0)), False),
        (Line(outcome(sample(1.0, "another text")), Losses((), 0)), False),
    ],
)
def test_a_zero_that_is_not_zero_shows(line: Line, holds: bool) -> None:  # noqa: FBT001 - a column of the table above
    assert line.holds is holds
    assert draw([line]).count("\n") == 2


def test_added_is_what_quiet_times_do_not_have() -> None:
    usual = usual_of([sample(at) for at in (1.0, 2.0, 3.0)])
    late = Sample(KINDS[0], 0, 4.0, 4.6)
    added = usual.added([late, sample(5.0)])
    assert added.slowest == pytest.approx(0.5)
    assert usual.is_bad(late)
    assert not usual.is_bad(sample(5.0))
    assert usual.is_bad(sample(5.0, "another text"))


def test_events_without_data_do_not_count() -> None:
    assert data_events(b"event: a\ndata: {}\n\n: comment\n\ndata: [DONE]") == 2


def test_the_page_has_a_line_for_every_row() -> None:
    told = [line.split(" | ")[0] for line in PAGE.read_text().splitlines()]
    assert [row.name for row in ROWS if told.count(f"| {row.name}") != 1] == []
