from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.ledger.errors import DamagedStoreError
from mainstay.ledger.schema import UNREADABLE_KIND, Segment, Stored, UnreadableRecordError, stored
from mainstay.model.records import (
    AccessRecord,
    AlertRecord,
    CapacityRecord,
    ConfigurationRecord,
    LeaseRecord,
    ProcessRecord,
    ProofRecord,
    Record,
)
from tests.ledger.conftest import alert, attempt, breaker, exchange
from tests.ledger.operations_examples import OPERATIONS, OPERATIONS_KINDS

CONFIGURATION = ConfigurationRecord(id="c", at=5.0, path="mainstay.yaml", sha256="00")
PROCESS = ProcessRecord(id="p", at=6.0, role="gateway", event="started", version="1", pid=7)
ACCESS = AccessRecord("ac_1", 6.0, "ada", "login", "ada", "local", "127.0.0.1")
LEASE = LeaseRecord("le_1", 7.0, "machine/1", "acts", 2)
CAPACITY = CapacityRecord("ca_1", 8.0, "limit", "anthropic", "claude", "12", "overloaded")
PROOF = ProofRecord("pr_1", 9.0, "anthropic", "claude", "main", "failed", ("credential failed: refused",))
EXAMPLES: list[Record] = [
    attempt(),
    exchange(),
    alert(),
    breaker("open"),
    CONFIGURATION,
    PROCESS,
    ACCESS,
    LEASE,
    CAPACITY,
    PROOF,
    *OPERATIONS,
]
KINDS = {
    "attempt",
    "exchange",
    "alert",
    "breaker",
    "configuration",
    "process",
    "access",
    "lease",
    "capacity",
    "proof",
} | OPERATIONS_KINDS


def at_rest(record: Record) -> Stored:
    return stored(1, msgspec.json.encode(record))


@pytest.mark.parametrize("record", EXAMPLES, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_as_it_went_in(record: Record) -> None:
    assert at_rest(record).record() == record


def test_the_examples_are_all_kinds_of_record() -> None:
    assert {type(record) for record in EXAMPLES} == set(get_args(Record))


@pytest.mark.parametrize("record", EXAMPLES, ids=lambda record: type(record).__name__)
def test_a_line_tells_kind_id_and_instant(record: Record) -> None:
    row = at_rest(record)
    assert (row.kind, row.id, row.at) == (type(record).__struct_config__.tag, record.id, record.at)


def test_kinds_are_the_words_of_the_records() -> None:
    kinds = {at_rest(record).kind for record in EXAMPLES}
    assert kinds == KINDS
    assert UNREADABLE_KIND not in kinds


def test_an_exchange_is_told_by_everything_that_belongs_to_it() -> None:
    its: list[Record] = [exchange("ex_7"), attempt(exchange="ex_7"), alert(exchange="ex_7")]
    others: list[Record] = [alert(), breaker("open"), PROCESS, CONFIGURATION]
    assert [at_rest(record).exchange for record in its + others] == ["ex_7"] * 3 + [""] * 4


@given(message=st.text(st.characters(exclude_categories=["Cs"])), at=st.floats(allow_nan=False, allow_infinity=False))
def test_any_text_and_instant_come_back(message: str, at: float) -> None:
    record = AlertRecord(id="a", at=at, kind="k", upstream="", model="", credential="", message=message)
    assert at_rest(record).record() == record


def test_a_kind_that_came_later_is_told_and_unreadable() -> None:
    row = stored(9, b'{"type":"hologram","id":"x","at":1}')
    assert (row.kind, row.id, row.at) == ("hologram", "x", 1.0)
    with pytest.raises(UnreadableRecordError, match=r"record 9 \(hologram\)"):
        row.record()


@pytest.mark.parametrize("line", [b"not json", b'{"type":"alert"}', b"", b'{"type":"alert","id":"\xff","at":1}', b"[]"])
def test_a_line_that_tells_nothing_is_kept_and_unreadable(line: bytes) -> None:
    row = stored(9, line, 7.0)
    assert row == Stored(9, UNREADABLE_KIND, "", "", 7.0, line)
    with pytest.raises(UnreadableRecordError, match=r"record 9 \(unreadable\)"):
        row.record()


FEW = EXAMPLES[:10]
BODY = msgspec.json.Encoder().encode_lines(FEW)


def test_a_segment_numbers_its_lines() -> None:
    segment = Segment(11, len(FEW), 5.0, 1_000.0, BODY)
    rows = list(segment.stored())
    assert [row.record() for row in rows] == FEW
    assert [row.sequence for row in rows] == list(range(11, 21))
    assert segment.last_sequence == 20


@pytest.mark.parametrize(("skip", "rest"), [(-3, 10), (0, 10), (4, 6), (10, 0), (99, 0)])
def test_a_segment_leaves_out_what_it_is_told_to(skip: int, rest: int) -> None:
    rows = list(Segment(11, len(FEW), 5.0, 1_000.0, BODY).stored(skip))
    assert [row.record() for row in rows] == FEW[len(FEW) - rest :]
    assert [row.sequence for row in rows] == list(range(21 - rest, 21))


@pytest.mark.parametrize("body", [b"", BODY[:-1], BODY + b"\n", BODY + b"{", BODY.replace(b"\n", b" ", 1)])
def test_a_segment_with_other_lines_than_were_written_is_damaged(body: bytes) -> None:
    with pytest.raises(DamagedStoreError, match="segment 11"):
        list(Segment(11, len(FEW), 5.0, 1_000.0, body).stored())
