import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.ledger.chain import chained, genesis
from mainstay.ledger.errors import DamagedStoreError
from mainstay.ledger.store.rows import CHARACTERS_MAX, checked_chain, is_chain_id, row_of, rows_of
from mainstay.model.records import ExchangeRecord
from tests.ledger.conftest import alert, attempt, breaker, exchange
from tests.ledger.store.conftest import CHAIN, chained_segments


def line(record: object) -> bytes:
    return msgspec.json.encode(record)


def test_a_row_says_what_its_line_says() -> None:
    row = row_of(5, line(exchange("ex_9", at=3.5)), b"hash")
    assert (row.sequence, row.id, row.kind, row.exchange, row.at, row.hash) == (
        5,
        "ex_9",
        "exchange",
        "ex_9",
        3.5,
        b"hash",
    )
    assert row.body == line(exchange("ex_9", at=3.5))


def test_the_tenant_is_the_records_own_or_its_kinds_default() -> None:
    assert row_of(1, line(attempt()), b"").tenant == "local"
    blue = msgspec.structs.replace(attempt(), tenant="blue")
    assert row_of(1, line(blue), b"").tenant == "blue"
    green = ExchangeRecord(**{**msgspec.structs.asdict(exchange()), "tenant": "green"})
    assert row_of(1, line(green), b"").tenant == "green"
    assert row_of(1, line(alert()), b"").tenant == row_of(1, line(breaker("open")), b"").tenant == ""


@given(st.binary(max_size=60).filter(lambda data: b"\n" not in data))
def test_any_line_has_a_row_with_texts_that_an_index_takes(data: bytes) -> None:
    row = row_of(1, data, b"")
    for text in (row.id, row.kind, row.exchange, row.tenant):
        assert len(text) <= CHARACTERS_MAX
        assert "\0" not in text
    assert row.body == data


def test_long_texts_stay_different_from_each_other() -> None:
    ids = [row_of(1, line(alert("x" * 5_000 + end)), b"").id for end in ("a", "b", "\0")]
    assert len(set(ids)) == 3
    assert row_of(1, line(alert("x" * CHARACTERS_MAX)), b"").id == "x" * CHARACTERS_MAX


def test_a_tenant_that_is_no_text_is_none() -> None:
    assert row_of(1, b'{"type":"attempt","id":"a","at":1,"tenant":5}', b"").tenant == ""


def test_rows_carry_the_chains_whole_hashes_over_segments() -> None:
    segments = chained_segments(CHAIN, [attempt(1), attempt(2)], [attempt(3)])
    rows = rows_of(CHAIN.id, segments)
    assert [row.sequence for row in rows] == [1, 2, 3]
    assert [row.hash for row in rows] == chained(genesis(CHAIN.id), [row.body for row in rows])
    assert rows_of(CHAIN.id, segments[1:]) == rows[2:]
    assert rows_of(CHAIN.id, []) == []


@pytest.mark.parametrize("name", ["ch_0", "ch_0123456789abcdef", "ch_" + "a" * CHARACTERS_MAX])
def test_names_of_chains(name: str) -> None:
    assert is_chain_id(name)


@pytest.mark.parametrize("name", ["", "ch_", "ch_G", "ch_A", "0a", "ch_../x", "ch_0\n", "ch_" + "a" * 201])
def test_what_is_no_name_of_a_chain(name: str) -> None:
    assert not is_chain_id(name)
    with pytest.raises(DamagedStoreError):
        checked_chain(msgspec.structs.replace(CHAIN, id=name))


@pytest.mark.parametrize("change", [{"gateway": "x" * 999}, {"follows": "a\0"}, {"worker": -1}, {"worker": 2**31}])
def test_a_chain_that_no_database_takes_is_refused(change: dict[str, object]) -> None:
    assert checked_chain(CHAIN) == CHAIN
    with pytest.raises(DamagedStoreError, match="was altered"):
        checked_chain(msgspec.structs.replace(CHAIN, **change))
