"""Reading what somebody looks for."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.control.search.wish import CHARACTERS_MAX, FIELDS, KINDS, LIMIT_DEFAULT, Asked, Wish, read_wish
from mainstay.ledger.store.port import Query, Sieve

NOW = 1_700_000_000.0


def test_nothing_asked_is_everything() -> None:
    assert read_wish({}, NOW) == Asked(Wish(), LIMIT_DEFAULT)
    assert read_wish(dict.fromkeys(FIELDS, " "), NOW) == Asked(Wish(), LIMIT_DEFAULT)
    assert Wish().query() == Query()
    assert Wish().sieve() == Sieve()


def test_all_fields_are_read() -> None:
    texts = {name: name for name in ("tenant", "exchange", "upstream", "model", "outcome", "fault", "text", "after")}
    asked = read_wish({**texts, "kind": "attempt", "seconds": "2.5", "limit": "7", "since": "5", "until": "6"}, NOW)
    assert asked.mistakes == ()
    assert (asked.limit, asked.after) == (7, "after")
    wished = {**texts, "kind": "attempt", "seconds_min": 2.5, "since": 5.0, "until": 6.0}
    wished.pop("after")
    assert msgspec.structs.asdict(asked.wish) == wished


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("15m", NOW - 900),
        ("1.5h", NOW - 5_400),
        ("2d", NOW - 172_800),
        ("30s", NOW - 30),
        ("1700000000.25", 1_700_000_000.25),
        ("2023-11-14T22:13:20", NOW),
        ("2023-11-14 23:13:20+01:00", NOW),
        ("2023-11-14", 1_699_920_000.0),
    ],
)
def test_instants_are_dates_numbers_and_ages(text: str, instant: float) -> None:
    assert read_wish({"since": text}, NOW).wish.since == instant


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("since", "yesterday", "write 2026-03-02T11:49"),
        ("until", "9" * 50, "write 2026-03-02T11:49"),
        ("since", "2023-99-99", "write 2026-03-02T11:49"),
        ("kind", "prophecy", "there is no such kind of records; there are access, alert"),
        ("seconds", "-1", "write a number of seconds"),
        ("seconds", "nan", "write a number of seconds"),
        ("limit", "0", "write a whole number from 1 to 500"),
        ("limit", "501", "write a whole number from 1 to 500"),
        ("limit", "ten", "write a whole number from 1 to 500"),
        ("tenant", "x" * (CHARACTERS_MAX + 1), "longer than 200 characters"),
        ("text", "\ud800", "not a text"),
        ("colour", "red", "is no field: there are since, until, kind"),
    ],
)
def test_a_mistake_is_told_by_its_field(name: str, text: str, words: str) -> None:
    (mistake,) = read_wish({name: text}, NOW).mistakes
    assert name in mistake
    assert words in mistake


def test_all_mistakes_are_told_at_once() -> None:
    asked = read_wish({"limit": "x", "kind": "y", "since": "2h", "until": "3h"}, NOW)
    assert len(asked.mistakes) == 3
    assert "since: must lie before `until`" in asked.mistakes


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=20), max_size=5))
def test_whatever_is_given_nothing_is_raised(fields: dict[str, str]) -> None:
    asked = read_wish(fields, NOW)
    asked.wish.query()
    asked.wish.sieve()


def test_columns_are_asked_as_the_store_keeps_them() -> None:
    long = "x" * 300
    query = Wish(tenant=long, exchange="a\0b", kind="alert", since=1.0, until=2.0).query()
    assert (query.kind, query.since, query.until) == ("alert", 1.0, 2.0)
    assert query.tenant is not None
    assert query.tenant.startswith("sha256:")
    assert query.exchange is not None
    assert "\0" not in query.exchange


def test_lines_are_sieved_for_what_they_say() -> None:
    wish = Wish(upstream='a"b', model="é", outcome="failed", text='x"y')
    assert wish.sieve().pieces == (
        b'"upstream":"a\\"b"',
        b'"outcome":"failed"',
        b':"\xc3\xa9"',
        b'x\\"y',
    )
    assert Wish(seconds_min=2.9).sieve().whole_seconds_min == 2
    assert Wish(seconds_min=0.0).sieve() == Sieve()


def test_the_index_of_faults_serves_where_every_such_record_tells_a_fault() -> None:
    assert Wish(fault="overload").sieve().is_faulty
    assert Wish(outcome="failed", kind="attempt").sieve().is_faulty
    assert Wish(outcome="failed", kind="exchange").sieve().is_faulty
    assert not Wish(outcome="failed").sieve().is_faulty
    assert not Wish(outcome="failed", kind="notice").sieve().is_faulty
    assert not Wish(outcome="served", kind="attempt").sieve().is_faulty


def test_the_kinds_are_those_of_records() -> None:
    assert {"attempt", "exchange", "incident", "run", "feed"} < set(KINDS)
