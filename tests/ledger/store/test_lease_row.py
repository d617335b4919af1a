from collections.abc import Callable, Iterator

import pytest

from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.lease_row import LeaseRow, Sight

Claimant = Callable[[str], LeaseRow]


@pytest.fixture
def claimant(postgres: str) -> Iterator[Claimant]:
    rows: list[LeaseRow] = []

    def make(name: str) -> LeaseRow:
        rows.append(LeaseRow(postgres, name))
        return rows[-1]

    yield make
    for row in rows:
        row.close()


def test_one_has_it_and_the_other_sees_who(claimant: Claimant) -> None:
    first, second = claimant("first"), claimant("second")
    assert second.look() == Sight("", 0, 0)
    assert first.claim() == 1
    assert second.claim() is None
    assert second.look() == Sight("first", 1, 1)
    assert second.renew(1) is False


def test_each_renewal_beats(claimant: Claimant) -> None:
    first, second = claimant("first"), claimant("second")
    first.claim()
    assert first.renew(1)
    assert first.renew(1)
    assert second.look() == Sight("first", 1, 3)


def test_when_a_session_ends_the_next_one_has_it_in_a_new_epoch(claimant: Claimant) -> None:
    first, second = claimant("first"), claimant("second")
    first.claim()
    first.close()
    epochs = [second.claim() for _ in range(1_000)]
    assert next(one for one in epochs if one is not None) == 2
    assert second.look().holder == "second"


def test_a_holder_that_was_deposed_cannot_renew(claimant: Claimant) -> None:
    first, second, third = claimant("first"), claimant("second"), claimant("third")
    first.claim()
    second.depose()
    with pytest.raises(StoreError):
        first.renew(1)
    assert third.look().epoch == 1
    epochs = [second.claim() for _ in range(1_000)]
    assert 2 in epochs


def test_to_depose_nobody_harms_nobody(claimant: Claimant) -> None:
    first, second = claimant("first"), claimant("second")
    first.depose()
    assert second.claim() == 1
    second.depose()
    assert second.renew(1)


def test_names_are_only_text(claimant: Claimant) -> None:
    name = "'; DROP TABLE lease; -- ? %s"
    claimant(name).claim()
    assert claimant("other").look().holder == name
