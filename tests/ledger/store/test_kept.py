"""A store that is opened on demand."""

import pytest

from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.kept import KeptStore


class Fake:
    def __init__(self) -> None:
        self.is_closed = False
        self.is_down = False

    def answer(self) -> int:
        if self.is_down:
            raise StoreError("gone")
        return 42

    def close(self) -> None:
        self.is_closed = True


class Opening:
    def __init__(self) -> None:
        self.opened: list[Fake] = []
        self.is_down = False

    def __call__(self) -> Fake:
        if self.is_down:
            raise StoreError("not there")
        self.opened.append(Fake())
        return self.opened[-1]


def test_it_is_opened_when_it_is_asked_and_once() -> None:
    opening = Opening()
    kept = KeptStore(opening)
    assert opening.opened == []
    assert kept.ask(Fake.answer) == kept.ask(Fake.answer) == 42
    assert len(opening.opened) == 1


def test_after_a_trouble_it_is_closed_and_opened_again() -> None:
    opening = Opening()
    kept = KeptStore(opening)
    kept.ask(Fake.answer)
    opening.opened[0].is_down = True
    with pytest.raises(StoreError, match="gone"):
        kept.ask(Fake.answer)
    assert opening.opened[0].is_closed
    assert kept.ask(Fake.answer) == 42
    assert len(opening.opened) == 2


def test_a_store_that_cannot_be_opened_is_tried_again() -> None:
    opening = Opening()
    kept = KeptStore(opening)
    opening.is_down = True
    with pytest.raises(StoreError, match="not there"):
        kept.ask(Fake.answer)
    opening.is_down = False
    assert kept.ask(Fake.answer) == 42


def test_it_is_let_go_of_and_may_be_asked_again() -> None:
    opening = Opening()
    kept = KeptStore(opening)
    kept.close()
    kept.ask(Fake.answer)
    kept.close()
    assert opening.opened[0].is_closed
    assert kept.ask(Fake.answer) == 42
    assert len(opening.opened) == 2
