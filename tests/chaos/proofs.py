"""What must be true at the end: every answer that began is in the ledger once, and every chain holds."""

from collections.abc import Iterable, Sequence
from time import monotonic

import msgspec
import psycopg

from tests.chaos.load import Sample
from tests.chaos.plane import command
from tests.chaos.play import Outcome, is_cut
from tests.chaos.stage import Stage

LINGER_SECONDS = 0.25
"""A killed process may lose what it wrote so shortly before, unless that was durable (`docs/ledger.md` says 50 ms; the
rest is for the commit that ran, and for the way to the caller's clock)."""
COUNTED = """SELECT regexp_replace(id, '-r[0-9]+$', ''), count(*) = count(DISTINCT id) FROM mainstay.record
WHERE kind = 'exchange' AND NOT duplicate AND regexp_replace(id, '-r[0-9]+$', '') = ANY(%s) GROUP BY 1"""
"""An exchange that was gone on with elsewhere has a record of its own for that, with `-r1` behind its id."""
SOUND = "sound: "
SHIPPED_SECONDS_MAX = 20.0
MARKS = ("defect", "Traceback", "Error:", "Exception in")
DEFECTS_MAX, LINE_CHARACTERS_MAX = 10, 500


class Losses(msgspec.Struct, frozen=True):
    """Of the exchanges of a row: those that the ledger does not show, or shows twice, and how many died with a process
    before they were on disk (and were not durable)."""

    lost: tuple[str, ...]
    last_instant: int


def losses(stage: Stage, outcome: Outcome) -> Losses:
    """Look for every exchange that a caller of this row has heard of, as soon as all journals are shipped."""
    heard = dict(exchanges(outcome.samples))
    excused = {one for one, sample in heard.items() if died_young(outcome, sample)}
    deadline = monotonic() + SHIPPED_SECONDS_MAX
    gone = heard.keys() - on_record(stage.dsn, heard)
    while gone - excused and monotonic() < deadline:
        gone = heard.keys() - on_record(stage.dsn, heard)
    return Losses(tuple(sorted(gone - excused)), len(gone & excused))


def exchanges(samples: Iterable[Sample]) -> Iterable[tuple[str, Sample]]:
    """The ids of all answers that began, each with its request."""
    return ((exchange, sample) for sample in samples for exchange, _replica in sample.exchanges)


def died_young(outcome: Outcome, sample: Sample) -> bool:
    """Whether its record may have been in the memory of a process when that was killed."""
    deed = outcome.deed
    if is_cut(sample, deed):
        return True
    if sample.kind.manner == "durable" or not {replica for _, replica in sample.exchanges} & set(deed.killed):
        return False
    return abs(sample.ended - deed.killed_at) < LINGER_SECONDS


def on_record(dsn: str, ids: Iterable[str]) -> set[str]:
    """Those of these exchanges that the ledger shows, no record twice."""
    with psycopg.connect(dsn) as connection:
        rows: Sequence[tuple[str, bool]] = connection.execute(COUNTED, (list(ids),)).fetchall()
    return {one for one, once in rows if once}


def told_of(dsn: str, exchange: str) -> list[str]:
    """All records of the ledger that name an exchange."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT chain, body FROM mainstay.record WHERE position(%s IN convert_from(body, 'UTF8')) > 0 ORDER BY at",
            (exchange,),
        ).fetchall()
    return [f"{chain}: {body.decode()}" for chain, body in rows]


def verdicts(stage: Stage) -> dict[str, str]:
    """What `mainstay audit verify` says at the end of each replica's journals, and of the store that both share."""
    keys = [word for one in stage.replicas for word in ("--keys", str(one.state / "keys" / "ledger"))]
    return {
        one.name: command(["audit", "verify", "-c", str(one.file), *keys], one.environment, code=None)
        .strip()
        .splitlines()[-1]
        for one in stage.replicas
    }


def defects(stage: Stage) -> list[str]:
    """Lines of any plane that tell of a mistake of ours, each once."""
    found = {
        f"{plane}: {line[:LINE_CHARACTERS_MAX]}": None
        for plane, text in stage.outputs().items()
        for line in text.splitlines()
        if any(mark in line for mark in MARKS)
    }
    return list(found)[:DEFECTS_MAX]
