import asyncio
from collections.abc import Awaitable

import pytest

from mainstay.gateway.drafts import errands as module
from mainstay.gateway.drafts.errands import Errands
from mainstay.gateway.shared.port import SharedTroubleError


async def gives(value: Awaitable[str] | str) -> str:
    return value if isinstance(value, str) else await value


async def fails(error: Exception) -> str:
    raise error


def test_the_answer_is_told() -> None:
    async def story() -> None:
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        reported: list[str] = []
        Errands(asyncio.get_running_loop(), reported.append).ask(lambda: gives("answer"), told.set_result, "trouble")
        assert (await told, reported) == ("answer", [])

    asyncio.run(story())


@pytest.mark.parametrize(
    ("error", "reports"),
    [(SharedTroubleError("paused"), []), (ValueError("x"), ["drafts: a defect of ours: ValueError: x"])],
)
def test_trouble_and_defects_are_told_as_trouble(error: Exception, reports: list[str]) -> None:
    async def story() -> None:
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        reported: list[str] = []
        Errands(asyncio.get_running_loop(), reported.append).ask(lambda: fails(error), told.set_result, "trouble")
        assert (await told, reported) == ("trouble", reports)

    asyncio.run(story())


def test_a_defect_of_whoever_is_told_is_reported() -> None:
    async def story() -> None:
        reported: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def stumbles(_: str) -> None:
            raise KeyError("oops")

        Errands(asyncio.get_running_loop(), reported.set_result).ask(lambda: gives("answer"), stumbles, "trouble")
        assert await reported == "drafts: a defect of ours: KeyError: 'oops'"

    asyncio.run(story())


def test_nobody_is_told_after_the_close() -> None:
    async def story() -> None:
        told: list[str] = []
        errands = Errands(asyncio.get_running_loop(), told.append)
        waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        errands.ask(lambda: gives(waiting), told.append, "trouble")
        await asyncio.sleep(0)
        errands.close()
        for _ in range(5):
            await asyncio.sleep(0)
        assert waiting.cancelled()
        assert told == []

    asyncio.run(story())


def test_there_are_only_so_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ERRANDS_MAX", 1)

    async def story() -> None:
        told: list[str] = []
        errands = Errands(asyncio.get_running_loop(), told.append)
        waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        errands.ask(lambda: gives(waiting), told.append, "trouble")
        errands.ask(lambda: gives("answer"), told.append, "too many")
        assert told == ["too many"]
        waiting.set_result("first")
        for _ in range(5):
            await asyncio.sleep(0)
        assert told == ["too many", "first"]

    asyncio.run(story())
