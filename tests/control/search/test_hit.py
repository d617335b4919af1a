"""A record as a list shows it, and whether it was wished for."""

import msgspec
import pytest

from mainstay.control.search.hit import Hit, hit_of
from mainstay.control.search.wish import Wish
from mainstay.ledger.store.port import StoredRecord
from mainstay.model.records import Record
from tests.ledger.conftest import alert, attempt, exchange


def row(record: Record, kind: str, body: bytes | None = None) -> StoredRecord:
    line = msgspec.json.encode(record) if body is None else body
    return StoredRecord(1, "ch_0a", 7, record.id, kind, "ex_1", "blue", 1.0, b"", line, duplicate=False)


FAILED = msgspec.structs.replace(
    attempt(), outcome="failed", fault="overload", status=529, total_seconds=2.5, cost_nanodollars=9
)


def test_what_most_kinds_have_is_told() -> None:
    found = hit_of(row(FAILED, "attempt"), Wish())
    assert found == Hit(
        chain="ch_0a",
        sequence=7,
        id="ex_1-1",
        kind="attempt",
        at=1.0,
        exchange="ex_1",
        tenant="blue",
        line=msgspec.json.encode(FAILED).decode(),
        upstream="anthropic",
        model="claude",
        outcome="failed",
        fault="overload",
        status=529,
        seconds=2.5,
        cost_nanodollars=9,
    )


def test_the_model_of_an_exchange_is_the_one_that_served_or_was_asked_for() -> None:
    served = msgspec.structs.replace(exchange(), model_asked="big", model_served="claude-x")
    nobody = msgspec.structs.replace(exchange(), model_asked="big", model_served="")
    found = [hit_of(row(one, "exchange"), Wish()) for one in (served, nobody)]
    assert [one.model for one in found if one] == ["claude-x", "big"]


@pytest.mark.parametrize(
    ("wish", "is_wished"),
    [
        (Wish(upstream="anthropic"), True),
        (Wish(upstream="anthropi"), False),
        (Wish(model="claude"), True),
        (Wish(model="anthropic"), False),
        (Wish(outcome="failed"), True),
        (Wish(outcome="served"), False),
        (Wish(fault="overload"), True),
        (Wish(fault="cut"), False),
        (Wish(seconds_min=2.5), True),
        (Wish(seconds_min=2.6), False),
        (Wish(seconds_min=0.0), True),
        (Wish(upstream="anthropic", fault="cut"), False),
    ],
)
def test_the_fields_must_say_what_was_wished(wish: Wish, *, is_wished: bool) -> None:
    assert (hit_of(row(FAILED, "attempt"), wish) is not None) == is_wished


def test_an_exchange_is_found_by_both_names_of_its_model() -> None:
    both = row(msgspec.structs.replace(exchange(), model_asked="big", model_served="claude-x"), "exchange")
    assert [hit_of(both, Wish(model=name)) is not None for name in ("big", "claude-x", "small")] == [True, True, False]


def test_a_record_without_such_fields_is_told_without_them() -> None:
    found = hit_of(row(alert(), "alert"), Wish())
    assert found is not None
    assert (found.outcome, found.seconds, found.cost_nanodollars) == ("", 0.0, None)


@pytest.mark.parametrize("body", [b"\xff{", b"[]", b'{"upstream":5}'])
def test_a_line_that_nobody_can_read_is_still_shown(body: bytes) -> None:
    found = hit_of(row(alert(), "unreadable", body), Wish())
    assert found is not None
    assert found.line == body.decode(errors="replace")
    assert hit_of(row(alert(), "unreadable", body), Wish(upstream="anthropic")) is None
