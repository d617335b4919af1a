"""Whatever is done to the store behind our back is found, in both databases."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from mainstay.ledger.chain import Chain, chained, origin
from mainstay.ledger.checkpoint import Checkpoint, PublicKeys, SigningKey, sign
from mainstay.ledger.errors import StoreError
from mainstay.ledger.marks import Mark
from mainstay.ledger.schema import Segment
from mainstay.ledger.store.port import Gap, Store, StoredChain
from mainstay.ledger.store.verify import verify_store
from mainstay.ledger.verify import Finding
from tests.ledger.conftest import alert, attempt
from tests.ledger.store.conftest import CHAIN, OTHER, chained_segments

KEY = SigningKey("ck_ours", OKPKey.generate_key("Ed25519"))
KEYS: PublicKeys = {KEY.id: KEY.key}
ALONE = msgspec.structs.replace(OTHER, follows="", follows_sequence=0)
FOLLOWER = Chain("ch_0c", "", 0, 3.0, follows=CHAIN.id, follows_sequence=6)

Alter = Callable[..., None]


def statement(segments: list[Segment], sequence: int, key: SigningKey = KEY, **changes: str) -> str:
    lines = [line for segment in segments for line in segment.lines()]
    digest = chained(segments[0].previous, lines)[sequence - 1].hex()
    checkpoint = Checkpoint(CHAIN.id, sequence, digest, 5.0, CHAIN.gateway, origin(CHAIN))
    return sign(msgspec.structs.replace(checkpoint, **changes), key)


SEGMENTS = chained_segments(CHAIN, [attempt(1), attempt(2)], [attempt(3), attempt(4)], [attempt(5), attempt(6)])
LAST = SEGMENTS[-1].digest


def segments_with_checkpoints() -> list[tuple[int, str]]:
    return [(3, statement(SEGMENTS, 3)), (6, statement(SEGMENTS, 6))]


@pytest.fixture
def filled(store: Store) -> Store:
    """Six records with two checkpoints, and another chain with two."""
    store.append(CHAIN, SEGMENTS, segments_with_checkpoints())
    store.append(ALONE, chained_segments(ALONE, [alert("al_1"), alert("al_2")]))
    return store


@pytest.fixture
def alter(filled: Store) -> Alter:
    """Does something behind the store's back."""

    def altering(statement: str, *values: object) -> None:
        filled._database.rows(statement, values)  # type: ignore[attr-defined] # there is no other way to be so bad

    return altering


def broken(store: Store, keys: PublicKeys = KEYS, marks: dict[str, Mark] | None = None) -> list[Finding]:
    return [one for one in verify_store(store, keys, marks) if one.severity == "broken"]


def test_a_store_that_nobody_altered_is_sound_and_counted(filled: Store) -> None:
    findings = list(verify_store(filled, KEYS))
    assert [(one.chain, one.sequence, one.severity) for one in findings] == [
        (CHAIN.id, 6, "note"),
        (OTHER.id, 2, "note"),
    ]
    assert findings[0].what == "6 records in the store, up to 6"


def test_an_empty_store_is_sound(store: Store) -> None:
    assert list(verify_store(store, KEYS)) == []


ALTERATIONS = {
    "a body": ("UPDATE record SET body = ? WHERE chain = 'ch_0a' AND sequence = 4", 4, "ex_1-4"),
    "a hash": ("UPDATE record SET hash = ? WHERE chain = 'ch_0a' AND sequence = 4", 4, "ex_1-4"),
}


@pytest.mark.parametrize("what", ALTERATIONS)
def test_an_edited_record_is_named(filled: Store, alter: Alter, what: str) -> None:
    change, sequence, identity = ALTERATIONS[what]
    alter(change, SEGMENTS[0].lines()[0])
    (finding,) = broken(filled)
    assert (finding.chain, finding.sequence, finding.id) == (CHAIN.id, sequence, identity)
    assert "altered" in finding.what


@pytest.mark.parametrize(
    ("column", "value"), [("id", "x"), ("kind", "alert"), ("exchange", ""), ("tenant", "blue"), ("at", 5.0)]
)
def test_a_column_that_does_not_say_what_the_record_says_is_named(
    filled: Store, alter: Alter, column: str, value: object
) -> None:
    alter(f"UPDATE record SET {column} = ? WHERE chain = 'ch_0a' AND sequence = 2", value)  # noqa: S608 - so
    (finding,) = broken(filled)
    assert finding.sequence == 2
    assert f"column {column} was altered" in finding.what


def test_a_record_deleted_in_the_middle_is_named(filled: Store, alter: Alter) -> None:
    alter("DELETE FROM record WHERE chain = 'ch_0a' AND sequence BETWEEN 3 AND 4")
    (finding,) = broken(filled)
    assert (finding.sequence, finding.what) == (3, "records 3 to 4 are missing in the store: they were deleted")


def test_deleted_first_records_are_named(filled: Store, alter: Alter) -> None:
    alter("DELETE FROM record WHERE chain = 'ch_0a' AND sequence < 3")
    assert [one.sequence for one in broken(filled)] == [1]


def test_deleted_last_records_are_named_by_what_the_store_says_of_the_chain(filled: Store, alter: Alter) -> None:
    alter("DELETE FROM record WHERE chain = 'ch_0b' AND sequence > 1")
    (finding,) = broken(filled)
    assert (finding.chain, finding.sequence) == (OTHER.id, 2)
    assert "records 2 to 2 are missing" in finding.what


def test_a_careful_truncation_is_still_known_to_a_checkpoint(filled: Store, alter: Alter) -> None:
    alter("DELETE FROM record WHERE chain = 'ch_0a' AND sequence > 4")
    row = filled.of_chain(CHAIN.id, 3, 1)[0]
    alter("UPDATE chain SET reached_sequence = 4, reached_digest = ? WHERE id = 'ch_0a'", row.hash)
    (finding,) = broken(filled)
    assert finding.sequence == 5
    assert "a checkpoint in the store knows them" in finding.what


def test_a_truncation_with_its_checkpoints_is_still_known_to_the_mark(filled: Store, alter: Alter) -> None:
    alter("DELETE FROM record WHERE chain = 'ch_0a' AND sequence > 4")
    alter("DELETE FROM checkpoint WHERE sequence > 4")
    row = filled.of_chain(CHAIN.id, 3, 1)[0]
    alter("UPDATE chain SET reached_sequence = 4, reached_digest = ? WHERE id = 'ch_0a'", row.hash)
    assert broken(filled) == []
    (finding,) = broken(filled, marks={CHAIN.id: Mark(CHAIN.id, 6, LAST.hex(), 5.0)})
    assert (finding.sequence, "the mark knows them" in finding.what) == (5, True)


def test_a_chain_that_is_gone_is_known_to_the_mark(filled: Store, alter: Alter) -> None:
    for table in ("record", "checkpoint"):
        alter(f"DELETE FROM {table} WHERE chain = 'ch_0a'")  # noqa: S608 - so
    alter("DELETE FROM chain WHERE id = 'ch_0a'")
    (finding,) = broken(filled, marks={CHAIN.id: Mark(CHAIN.id, 6, LAST.hex(), 5.0)})
    assert finding.what == "the store lost this chain: the mark knows 6 records"


def test_a_mark_of_other_records_is_a_contradiction(filled: Store) -> None:
    for sequence in (3, 6):
        (finding,) = broken(filled, marks={CHAIN.id: Mark(CHAIN.id, sequence, "00" * 32, 5.0)})
        assert (finding.sequence, finding.what) == (sequence, "this record is not the one that the mark knows")
    sound = Mark(CHAIN.id, 3, chained(SEGMENTS[0].previous, SEGMENTS[0].lines())[-1].hex(), 5.0)
    assert broken(filled, marks={CHAIN.id: msgspec.structs.replace(sound, sequence=2)}) == []


def test_records_that_changed_places_are_named(filled: Store, alter: Alter) -> None:
    for was, becomes in ((2, 99), (3, 2), (99, 3)):
        alter("UPDATE record SET sequence = ? WHERE chain = 'ch_0a' AND sequence = ?", becomes, was)
    (finding,) = broken(filled)
    assert (finding.sequence, finding.id) == (2, "ex_1-3")


def test_a_chain_that_was_written_anew_with_fitting_hashes_is_known_to_a_checkpoint(
    filled: Store, alter: Alter
) -> None:
    lines = [line for segment in SEGMENTS for line in segment.lines()]
    lines[1] = lines[1].replace(b"served", b"failed")
    for number, digest in enumerate(chained(SEGMENTS[0].previous, lines), 1):
        change = "UPDATE record SET body = ?, hash = ? WHERE chain = 'ch_0a' AND sequence = ?"
        alter(change, lines[number - 1], digest, number)
    alter("UPDATE chain SET reached_digest = ? WHERE id = 'ch_0a'", digest)
    (finding,) = broken(filled)
    assert (finding.sequence, "checkpoint" in finding.what) == (3, True)


def test_a_record_hidden_from_readings_is_named(filled: Store, alter: Alter) -> None:
    alter("UPDATE record SET duplicate = (1 = 1) WHERE chain = 'ch_0a' AND sequence = 2")
    (finding,) = broken(filled)
    assert (finding.chain, finding.sequence, finding.id) == (CHAIN.id, 2, "ex_1-2")
    assert "hides it" in finding.what


def test_a_chain_whose_name_was_deleted_is_named(filled: Store, alter: Alter) -> None:
    alter("DELETE FROM chain WHERE id = 'ch_0b'")
    (finding,) = broken(filled)
    assert (finding.chain, "deleted" in finding.what) == (OTHER.id, True)


@pytest.mark.parametrize("column", ["gateway", "worker", "begun_at"])
def test_what_a_chain_says_of_itself_is_signed_too(filled: Store, alter: Alter, column: str) -> None:
    alter(f"UPDATE chain SET {column} = '7' WHERE id = 'ch_0a'")  # noqa: S608 - so
    (finding,) = broken(filled)
    assert "gateway, worker, beginning" in finding.what


@pytest.mark.parametrize(("sequence", "end"), [(5, "set back"), (6, "end was altered")])
def test_what_the_store_keeps_of_the_end_must_agree(filled: Store, alter: Alter, sequence: int, end: str) -> None:
    alter("UPDATE chain SET reached_sequence = ?, reached_digest = ? WHERE id = 'ch_0a'", sequence, b"\0" * 32)
    (finding,) = broken(filled)
    assert (finding.sequence, end in finding.what) == (sequence, True)


def test_a_checkpoint_signed_with_a_foreign_key_is_forged_or_unknown(filled: Store, alter: Alter) -> None:
    foreign = OKPKey.generate_key("Ed25519")
    alter("UPDATE checkpoint SET statement = ? WHERE sequence = 3", statement(SEGMENTS, 3, SigningKey(KEY.id, foreign)))
    (finding,) = broken(filled)
    assert "a checkpoint is not genuine" in finding.what
    alter("UPDATE checkpoint SET statement = ? WHERE sequence = 3", statement(SEGMENTS, 3, SigningKey("ck_x", foreign)))
    assert broken(filled) == []
    assert [one.severity for one in verify_store(filled, KEYS)] == ["unknown", "note", "note"]


def test_a_checkpoint_of_another_record_or_chain_is_broken(filled: Store, alter: Alter) -> None:
    for text in (statement(SEGMENTS, 4), statement(SEGMENTS, 3, chain=OTHER.id)):
        alter("UPDATE checkpoint SET statement = ? WHERE sequence = 3", text)
        (finding,) = broken(filled)
        assert "another record or chain" in finding.what


def test_a_gap_is_broken_for_ever_and_what_follows_is_verified(store: Store) -> None:
    store.append(CHAIN, SEGMENTS[:1])
    store.admit_gap(CHAIN, Gap(3, 4, SEGMENTS[1].digest, 0.0))
    store.append(CHAIN, SEGMENTS[2:], segments_with_checkpoints())
    findings = list(verify_store(store, KEYS))
    assert [(one.sequence, one.severity) for one in findings] == [(3, "broken"), (6, "note")]
    assert "1970-01-01T00:00:00" in findings[0].what
    store._database.rows("UPDATE gap SET noticed_at = 1e300")  # type: ignore[attr-defined] # so
    assert "@1e+300" in next(verify_store(store, KEYS)).what
    store._database.rows("DELETE FROM gap")  # type: ignore[attr-defined] # so
    assert "deleted" in next(verify_store(store, KEYS)).what


def test_a_gap_at_the_end_is_told(store: Store) -> None:
    store.append(CHAIN, SEGMENTS[:1])
    store.admit_gap(CHAIN, Gap(3, 4, SEGMENTS[1].digest, 0.0))
    assert [one.sequence for one in broken(store)] == [3]


def test_a_duplicate_that_differs_is_told_and_one_that_does_not_is_none(filled: Store) -> None:
    filled.append(FOLLOWER, chained_segments(FOLLOWER, [attempt(2)]))
    assert [one.severity for one in verify_store(filled, KEYS)] == ["note"] * 3
    other = msgspec.structs.replace(attempt(3), outcome="failed")
    filled.append(FOLLOWER, chained_segments(FOLLOWER, [attempt(2)], [other]))
    told = [one for one in verify_store(filled, KEYS) if one.severity == "unknown"]
    assert [one.what for one in told] == ["record 2 (ex_1-3) has the id of record 3 of ch_0a and differs"]


def test_a_chain_must_hold_what_the_next_one_knows_of_it(filled: Store) -> None:
    longer = msgspec.structs.replace(FOLLOWER, follows_sequence=8)
    filled.append(longer, chained_segments(longer, [attempt(9)]))
    (finding,) = broken(filled)
    assert (finding.chain, finding.sequence) == (CHAIN.id, 7)
    assert "the chain ch_0c, which follows it" in finding.what


@pytest.mark.parametrize(("digest", "count"), [(LAST, 0), (b"another" * 4, 1)])
def test_a_chain_must_hold_the_same_record_that_the_next_one_knows(filled: Store, digest: bytes, count: int) -> None:
    follower = msgspec.structs.replace(FOLLOWER, follows_digest=digest)
    filled.append(follower, chained_segments(follower, [attempt(9)]))
    assert [(one.chain, one.sequence) for one in broken(filled)] == [(CHAIN.id, 6)] * count


def test_a_chain_that_follows_one_that_never_came_is_open(store: Store) -> None:
    store.append(FOLLOWER, chained_segments(FOLLOWER, [attempt(9)]))
    assert [one.severity for one in verify_store(store, KEYS)] == ["unknown", "note"]


def test_many_pages_are_walked_through(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstay.ledger.store.verify.PAGE_ROWS", 2)
    store.append(CHAIN, SEGMENTS, segments_with_checkpoints())
    assert [one.what for one in verify_store(store, KEYS)] == ["6 records in the store, up to 6"]


def test_records_that_come_meanwhile_are_left_for_the_next_time(store: Store) -> None:
    store.append(CHAIN, SEGMENTS[:1])
    chains = store.chains

    def then_it_grows() -> list[StoredChain]:
        found = chains()
        store.append(CHAIN, SEGMENTS, segments_with_checkpoints())
        return found

    store.chains = then_it_grows  # type: ignore[method-assign] # in between
    assert [(one.sequence, one.severity) for one in verify_store(store, KEYS)] == [(2, "note")]


def test_a_store_that_does_not_answer_is_told(store: Store) -> None:
    def silent() -> list[object]:
        raise StoreError("it does not answer")

    store.chains = silent  # type: ignore[assignment, method-assign] # as when the server is paused
    assert [(one.severity, one.what) for one in verify_store(store, KEYS)] == [("unknown", "it does not answer")]


BODIES = [line for segment in SEGMENTS for line in segment.lines()]


@given(st.integers(1, 6), st.integers(0, 10_000), st.integers(0, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_flipped_bit_of_any_record_is_named(store: Store, number: int, place: int, bit: int) -> None:
    store.append(CHAIN, SEGMENTS, segments_with_checkpoints())
    body = bytearray(BODIES[number - 1])
    body[place % len(body)] ^= 1 << bit
    change = "UPDATE record SET body = ? WHERE chain = 'ch_0a' AND sequence = ?"
    store._database.rows(change, (bytes(body), number))  # type: ignore[attr-defined] # so
    (finding,) = broken(store)
    assert (finding.sequence, finding.id) == (number, f"ex_1-{number}")
    store._database.rows(change, (BODIES[number - 1], number))  # type: ignore[attr-defined] # so
