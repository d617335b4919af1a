import asyncio
import threading

import pytest

from mainstay.control.web.asking import QUESTIONS_MAX, Asker, Unanswered
from mainstay.ledger.errors import StoreError


def ask(question: object, **more: float) -> object:
    return asyncio.run(Asker().ask(question, **more))  # type: ignore[arg-type] # whatever a desk may be


def test_an_answer_is_given_as_it_is() -> None:
    assert ask(lambda: 7) == 7


@pytest.mark.parametrize("error", [StoreError("locked"), PermissionError("no")])
def test_a_store_or_a_disk_that_fails_is_words(error: Exception) -> None:
    def question() -> None:
        raise error

    found = ask(question)
    assert isinstance(found, Unanswered)
    assert str(error) in found.words


def test_a_defect_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        ask(lambda: 1 // 0)


def test_nobody_waits_for_ever_and_not_too_many_wait() -> None:
    async def scene() -> None:
        gate, asker = threading.Event(), Asker()
        slow = await asker.ask(gate.wait, seconds=0.01)
        assert isinstance(slow, Unanswered)
        assert "within 0.01 s" in slow.words
        waiting = [asyncio.ensure_future(asker.ask(gate.wait, seconds=60)) for _ in range(QUESTIONS_MAX - 1)]
        await asyncio.sleep(0)
        full = await asker.ask(lambda: 1)
        assert isinstance(full, Unanswered)
        assert "too many" in full.words
        gate.set()
        await asyncio.gather(*waiting)
        assert await asker.ask(lambda: 1) == 1

    asyncio.run(scene())
