import asyncio

from bench.soak.census.sitecustomize import census


def test_only_tasks_that_are_not_done_are_counted() -> None:
    async def look() -> tuple[object, object]:
        waiting = asyncio.create_task(asyncio.sleep(60))
        done = asyncio.create_task(asyncio.sleep(0))
        await done
        before = census()["tasks"]
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return before, census()["tasks"]

    with asyncio.Runner() as runner:
        assert runner.run(look()) == (2, 1)


def test_blocks_of_memory_are_counted_also_of_text() -> None:
    def blocks() -> int:
        counted = census()["blocks"]
        assert isinstance(counted, int)
        return counted

    before = blocks()
    texts = [f"text {number}" for number in range(10_000)]
    assert blocks() - before > 9_000
    del texts
    assert blocks() - before < 1_000
