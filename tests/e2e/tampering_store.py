"""What somebody does to a store. Each gives the number of the record that must be named (0: none)."""

from tests.e2e.tampering import Evidence, altered
from tests.e2e.tampering_journal import foreign_key


def victim(shop: Evidence) -> int:
    """A record in the middle of what the store has."""
    return shop.shipped() // 2


def edit_stored(shop: Evidence) -> int:
    number = victim(shop)
    shop.at(number, "UPDATE record SET body = ?", altered(shop.line(number)))
    return number


def edit_stored_hash(shop: Evidence) -> int:
    number = victim(shop)
    shop.at(number, "UPDATE record SET hash = ?", bytes(32))
    return number


def edit_stored_column(shop: Evidence) -> int:
    number = victim(shop)
    shop.at(number, "UPDATE record SET tenant = 'another'")
    return number


def edit_and_rechain_store(shop: Evidence) -> int:
    number = victim(shop)
    shop.rechain_store(number, altered(shop.line(number)))
    return 0


def edit_rechain_and_delete_stored_checkpoints(shop: Evidence) -> int:
    edit_and_rechain_store(shop)
    shop.store_sql("DELETE FROM checkpoint")
    return shop.shipped()


def delete_stored(shop: Evidence) -> int:
    number = victim(shop)
    shop.at(number, "DELETE FROM record")
    return number


def delete_stored_tail(shop: Evidence) -> int:
    number = victim(shop)
    shop.store_sql("DELETE FROM record WHERE chain = ? AND sequence >= ?", shop.name, number)
    return number


def delete_stored_tail_and_its_trace(shop: Evidence) -> int:
    number = victim(shop)
    digest = shop.digest(number - 1)
    delete_stored_tail(shop)
    shop.store_sql("DELETE FROM checkpoint WHERE chain = ? AND sequence >= ?", shop.name, number)
    set_back = "UPDATE chain SET reached_sequence = ?, reached_digest = ? WHERE id = ?"
    shop.store_sql(set_back, number - 1, digest, shop.name)
    return number


def delete_stored_chain(shop: Evidence) -> int:
    shop.store_sql("DELETE FROM record WHERE chain = ?", shop.name)
    shop.store_sql("DELETE FROM checkpoint WHERE chain = ?", shop.name)
    shop.store_sql("DELETE FROM chain WHERE id = ?", shop.name)
    return 1


def delete_what_names_a_chain(shop: Evidence) -> int:
    shop.store_sql("DELETE FROM chain WHERE id = ?", shop.name)
    return 0


def delete_stored_checkpoint(shop: Evidence) -> int:
    number = shop.next_checkpoint(0)
    shop.at(number, "DELETE FROM checkpoint")
    return number


def forge_stored_checkpoint(shop: Evidence) -> int:
    number = shop.next_checkpoint(0)
    shop.at(number, "UPDATE checkpoint SET statement = ?", shop.signed(number, foreign_key(shop)))
    return number


def swap_stored(shop: Evidence) -> int:
    number = victim(shop)
    for here, there in ((number, -1), (number + 1, number), (-1, number + 1)):
        shop.at(here, "UPDATE record SET sequence = ?", there)
    return number


def hide_stored(shop: Evidence) -> int:
    number = victim(shop)
    shop.at(number, "UPDATE record SET duplicate = NOT duplicate")
    return number


def duplicate_stored(shop: Evidence) -> int:
    copied = "chain, id, kind, exchange, tenant, at, hash, body"
    copy = f"INSERT INTO record({copied}, sequence, duplicate) SELECT {copied}, ?, NOT duplicate FROM record"  # noqa: S608
    after = shop.shipped() + 1
    shop.at(victim(shop), copy, after)
    return after


def admit_a_gap(shop: Evidence) -> int:
    """Somebody deletes a record and writes down that it never came."""
    number = victim(shop)
    digest = shop.digest(number)
    shop.at(number, "DELETE FROM record")
    gap = "INSERT INTO gap(chain, first_sequence, last_sequence, digest, noticed_at) VALUES (?, ?, ?, ?, 5.0)"
    shop.store_sql(gap, shop.name, number, number, digest)
    return number
