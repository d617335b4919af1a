"""Last words that wait for the journal."""

import asyncio
from collections.abc import Callable

from mainstay.gateway.settling import Settling


class LateJournal:
    """Remembers how many records it had when somebody began to wait."""

    def __init__(self) -> None:
        self.records = 0
        self.waiting: list[tuple[int, Callable[[], object]]] = []

    def when_written(self, done: Callable[[], object]) -> None:
        self.waiting.append((self.records, done))


def test_what_the_rest_of_the_turn_writes_is_waited_for_too() -> None:
    async def play() -> None:
        journal, told = LateJournal(), asyncio.Event()
        Settling(journal, asyncio.get_running_loop())(told.set)
        journal.records += 1
        await asyncio.sleep(0)
        ((records, done),) = journal.waiting
        assert records == 1
        assert not told.is_set()
        await asyncio.to_thread(done)
        await told.wait()

    asyncio.run(play())


def test_who_waits_when_the_loop_ends_is_forgotten() -> None:
    journal, told = LateJournal(), asyncio.Event()

    async def play() -> None:
        Settling(journal, asyncio.get_running_loop())(told.set)
        await asyncio.sleep(0)

    asyncio.run(play())
    ((_, done),) = journal.waiting
    done()
    assert not told.is_set()
