"""Exchanges that have to do with the cache."""

from collections.abc import Sequence

from mainstay.engine.board import Board
from mainstay.engine.caching.answer import CachedAnswer
from mainstay.engine.exchange import exchange
from mainstay.engine.progress import Ticket
from mainstay.model.catalogue import Candidate, Menu, Workload
from mainstay.model.records import ExchangeRecord
from tests.engine.play import Play


class KeptSlot:
    """A slot that remembers what it was told."""

    def __init__(self, stand_in: CachedAnswer | None = None) -> None:
        self.stand_in = stand_in
        self.taken: list[ExchangeRecord] = []

    def served(self, record: ExchangeRecord) -> None:
        self.taken.append(record)


class CachingPlay(Play):
    """An exchange with a slot, which is put there before it begins."""

    slot: KeptSlot = KeptSlot()

    def start(self, candidates: Sequence[Candidate], workload: Workload, board: Board) -> None:
        ticket = Ticket("ex_1", self.now, 0.0, self._dice, token="tk_1")
        self._exchange = exchange(
            ticket,
            self._call,
            Menu("m", workload, tuple(candidates)),
            self._dialect,
            board,
            passages=self._passages,
            keys=self._keys,
            purse=self._purse,
            slot=self.slot,
        )


def play_with(slot: KeptSlot) -> type[CachingPlay]:
    """A play whose exchange has this slot."""
    return type("SlotPlay", (CachingPlay,), {"slot": slot})
