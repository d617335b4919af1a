"""What somebody does to a journal. Each gives the number of the record that must be named (0: none)."""

import sqlite3
from contextlib import closing

import msgspec
from joserfc.jwk import OKPKey

from mainstay.ledger.chain import linked
from mainstay.ledger.checkpoint import SigningKey
from mainstay.ledger.checkpoint_keys import checkpoint_keys_folder, read_or_make_signing_key
from tests.e2e.tampering import Evidence, altered, of_lines, with_line


def foreign_key(evidence: Evidence) -> SigningKey:
    """A key that calls itself as the machine's own."""
    own = read_or_make_signing_key(checkpoint_keys_folder(evidence.state))
    return SigningKey(own.id, OKPKey.generate_key("Ed25519"))


def unknown_key() -> SigningKey:
    return SigningKey("ck_of_somebody", OKPKey.generate_key("Ed25519"))


def edit(evidence: Evidence) -> int:
    row = evidence.some()
    changed = with_line(row, 1, altered)
    evidence.journal_sql("UPDATE segment SET body = ? WHERE first_sequence = ?", changed.body, row.first_sequence)
    return row.first_sequence + 1


def edit_with_hash(evidence: Evidence) -> int:
    row = evidence.some()
    changed = linked(with_line(row, 1, altered), row.previous)
    evidence.write([changed if one == row else one for one in evidence.segments()])
    return row.last_sequence + 1


def edit_and_rechain(evidence: Evidence) -> int:
    row = evidence.some()
    evidence.rechain(with_line(row, 1, altered))
    return evidence.next_checkpoint(row.first_sequence + 1)


def edit_rechain_and_sign(evidence: Evidence) -> int:
    edit_and_rechain(evidence)
    evidence.sign_anew()
    return evidence.shipped()


def edit_what_is_not_shipped_rechain_and_sign(evidence: Evidence) -> int:
    row = evidence.some(1.0)
    assert row.first_sequence > evidence.shipped()
    evidence.rechain(with_line(row, 1, altered))
    evidence.sign_anew()
    return 0


def edit_rechain_and_sign_with_another_key(evidence: Evidence) -> int:
    edit_and_rechain(evidence)
    evidence.sign_anew(foreign_key(evidence))
    return 0


def delete_row(evidence: Evidence) -> int:
    row = evidence.some()
    evidence.journal_sql("DELETE FROM segment WHERE first_sequence = ?", row.first_sequence)
    return row.first_sequence


def delete_record(evidence: Evidence) -> int:
    row = evidence.some()
    shorter = of_lines(row, [line for number, line in enumerate(row.lines()) if number != 1])
    change = "UPDATE segment SET body = ?, records = records - 1 WHERE first_sequence = ?"
    evidence.journal_sql(change, shorter.body, row.first_sequence)
    return row.first_sequence + 1


def delete_record_and_rechain(evidence: Evidence) -> int:
    row = evidence.some()
    evidence.rechain(of_lines(row, [line for number, line in enumerate(row.lines()) if number != 1]))
    return evidence.next_checkpoint(row.first_sequence + 1)


def delete_tail(evidence: Evidence) -> int:
    tail = evidence.segments()[-3]
    evidence.journal_sql("DELETE FROM segment WHERE first_sequence >= ?", tail.first_sequence)
    return tail.first_sequence


def delete_tail_with_checkpoints(evidence: Evidence) -> int:
    first = delete_tail(evidence)
    evidence.journal_sql("DELETE FROM checkpoint WHERE sequence >= ?", first)
    return first


def delete_tail_with_checkpoints_and_head(evidence: Evidence) -> int:
    delete_tail_with_checkpoints(evidence)
    evidence.head.unlink()
    return 0


def delete_tail_and_sign(evidence: Evidence) -> int:
    delete_tail_with_checkpoints(evidence)
    evidence.sign_anew()
    return 0


def delete_shipped_tail_and_sign(evidence: Evidence) -> int:
    row = evidence.some(0.3)
    assert row.first_sequence <= evidence.shipped()
    for table, column in (("segment", "first_sequence"), ("checkpoint", "sequence")):
        evidence.journal_sql(f"DELETE FROM {table} WHERE {column} >= ?", row.first_sequence)  # noqa: S608
    evidence.sign_anew()
    return row.first_sequence


def delete_oldest(evidence: Evidence) -> int:
    evidence.journal_sql("DELETE FROM segment WHERE first_sequence < ?", evidence.some(0.2).first_sequence)
    return 1


def delete_oldest_and_say_they_were_pruned(evidence: Evidence) -> int:
    row = evidence.some(0.2)
    delete_oldest(evidence)
    move = "UPDATE chain SET anchor_sequence = ?, anchor_digest = ?"
    evidence.journal_sql(move, row.first_sequence - 1, row.previous)
    return 0


def delete_an_index(evidence: Evidence) -> int:
    with closing(sqlite3.connect(evidence.journal, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_master WHERE type = 'index' AND name = 'segment_last_at'")
    return 0


def delete_file(evidence: Evidence) -> int:
    evidence.remove_journal()
    return evidence.shipped() + 1


def delete_file_and_head(evidence: Evidence) -> int:
    delete_file(evidence)
    evidence.head.unlink()
    return 0


def delete_head(evidence: Evidence) -> int:
    evidence.head.unlink()
    return 0


def delete_mark(evidence: Evidence) -> int:
    evidence.mark.unlink()
    return 0


def delete_checkpoint(evidence: Evidence) -> int:
    number = evidence.next_checkpoint(0)
    evidence.journal_sql("DELETE FROM checkpoint WHERE sequence = ?", number)
    return number


def delete_keys(evidence: Evidence) -> int:
    (checkpoint_keys_folder(evidence.state) / "keys.json").unlink()
    return 0


def swap_rows(evidence: Evidence) -> int:
    segments = evidence.segments()
    at = segments.index(evidence.some())
    one, other = segments[at], segments[at + 1]
    numbered = msgspec.structs.replace
    segments[at] = numbered(other, first_sequence=one.first_sequence)
    segments[at + 1] = numbered(one, first_sequence=one.first_sequence + other.records)
    evidence.write(segments)
    return one.first_sequence


def swap_records(evidence: Evidence) -> int:
    row = evidence.some()
    first, second, *others = row.lines()
    body = of_lines(row, [second, first, *others]).body
    evidence.journal_sql("UPDATE segment SET body = ? WHERE first_sequence = ?", body, row.first_sequence)
    return row.first_sequence


def duplicate_row(evidence: Evidence) -> int:
    again = msgspec.structs.replace(evidence.some(), first_sequence=evidence.end.sequence + 1)
    evidence.write([*evidence.segments(), again])
    return again.first_sequence


def forge_head(evidence: Evidence) -> int:
    evidence.sign_anew(foreign_key(evidence))
    return 0


def sign_with_unknown_key(evidence: Evidence) -> int:
    evidence.sign_anew(unknown_key())
    return 0


def alter_what_the_chain_says_of_itself(evidence: Evidence) -> int:
    evidence.journal_sql("UPDATE chain SET gateway = 'another'")
    return 0
