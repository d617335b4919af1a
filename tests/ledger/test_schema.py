import math
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.ledger.schema import KINDS, ROW_COLUMNS, Stored, UnreadableRecordError, row_of
from mainstay.model.records import AlertRecord, ConfigurationRecord, ProcessRecord, Record
from tests.ledger.conftest import alert, attempt, breaker, exchange

CONFIGURATION = ConfigurationRecord(id="c", at=5.0, path="mainstay.yaml", sha256="00")
PROCESS = ProcessRecord(id="p", at=6.0, role="gateway", event="started", version="1", pid=7)
EXAMPLES: list[Record] = [attempt(), exchange(), alert(), breaker("open"), CONFIGURATION, PROCESS]


def stored(record: Record) -> Stored:
    return Stored(1, *row_of(record))


@pytest.mark.parametrize("record", EXAMPLES, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_as_it_went_in(record: Record) -> None:
    assert stored(record).record() == record


def test_the_examples_are_all_kinds_of_record() -> None:
    assert {type(record) for record in EXAMPLES} == set(get_args(Record))


@pytest.mark.parametrize("record", EXAMPLES, ids=lambda record: type(record).__name__)
def test_the_columns_repeat_what_the_body_says(record: Record) -> None:
    row = row_of(record)
    body = msgspec.json.decode(row[4])
    assert len(row) == ROW_COLUMNS
    assert row[:2] == (body["type"], body["id"])
    assert row[3] == body["at"]


def test_an_exchange_is_found_with_everything_that_belongs_to_it() -> None:
    assert [row_of(record)[2] for record in (exchange("ex_7"), attempt(exchange="ex_7"), alert(exchange="ex_7"))] == [
        "ex_7"
    ] * 3
    assert row_of(PROCESS)[2] == row_of(CONFIGURATION)[2] == ""


def test_kinds_are_the_words_of_the_records() -> None:
    assert set(KINDS.values()) == {"attempt", "exchange", "alert", "breaker", "configuration", "process"}


@given(message=st.text(st.characters(exclude_categories=["Cs"])), at=st.floats(allow_nan=False, allow_infinity=False))
def test_any_text_and_instant_come_back(message: str, at: float) -> None:
    record = AlertRecord(id="a", at=at, kind="k", upstream="", model="", credential="", message=message)
    assert stored(record).record() == record


@pytest.mark.parametrize("at", [math.nan, math.inf, -math.inf])
def test_an_instant_that_is_no_number_has_no_row(at: float) -> None:
    with pytest.raises(ValueError, match="its instant is"):
        row_of(attempt(at=at))


def test_half_a_character_has_no_row() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        row_of(alert("\ud800"))


@pytest.mark.parametrize("body", [b'{"type":"hologram","id":"x","at":1}', b"not json", b'{"type":"alert"}'])
def test_what_this_version_does_not_know_is_said_to_be_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableRecordError, match=r"record 9 \(hologram\)"):
        Stored(9, "hologram", "x", "", 1.0, body).record()
