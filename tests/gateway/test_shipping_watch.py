"""When a gateway says that the store takes nothing."""

from mainstay.gateway.shipping_watch import PATIENCE_SECONDS, TROUBLE, ShippingWatch
from mainstay.ledger.writing.status import JournalStatus


def seen(*looks: tuple[float, int, int]) -> list[str | None]:
    """What it says after each look: an instant, the last record, and the last one that the store has."""
    watch = ShippingWatch()
    found = []
    for now, sequence, shipped in looks:
        watch.look(JournalStatus(sequence=sequence, shipped_sequence=shipped), now)
        found.append(watch.trouble)
    return found


def test_records_may_wait_a_while() -> None:
    assert seen((0, 5, 0), (PATIENCE_SECONDS - 0.1, 9, 0), (PATIENCE_SECONDS, 9, 0)) == [None, None, TROUBLE]


def test_a_store_that_goes_on_taking_is_well_however_far_behind() -> None:
    assert seen((0, 500, 0), (9, 900, 1), (18, 1_300, 2), (27, 1_700, 3)) == [None] * 4


def test_the_first_record_after_a_long_silence_waits_anew() -> None:
    assert seen((0, 5, 5), (1_000, 6, 5), (1_005, 7, 5), (1_010, 7, 5)) == [None, None, None, TROUBLE]


def test_it_is_well_once_something_is_taken() -> None:
    assert seen((0, 5, 0), (10, 5, 0), (11, 5, 3), (12, 5, 5), (100, 5, 5)) == [None, TROUBLE, None, None, None]


def test_a_new_chain_begins_anew() -> None:
    assert seen((0, 900, 900), (1, 3, 0), (2, 3, 3)) == [None, None, None]
