import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.open_loop import Arrival, random_arrivals, send_timetable

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-mainstay-attempts: 2\r\n\r\nok"
REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
DELAY_SECONDS = 0.05


@contextmanager
def upstream(delay_seconds: float) -> Iterator[int]:
    """A server in a thread of its own that answers each request after a delay."""
    ready = threading.Event()
    port = 0
    loop = asyncio.new_event_loop()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(delay_seconds)
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve(stop: asyncio.Event) -> None:
        nonlocal port
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()
        await asyncio.sleep(0)

    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(stop),))
    thread.start()
    ready.wait()
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def test_every_request_of_the_timetable_is_answered_and_timed() -> None:
    with upstream(DELAY_SECONDS) as port:
        outcome = send_timetable(port, [Arrival(number / 1_000, REQUEST, str(number)) for number in range(100)])
    assert outcome.unanswered == 0
    assert sorted(int(sample.label) for sample in outcome.samples) == list(range(100))
    assert {(sample.status, sample.attempts) for sample in outcome.samples} == {(200, 2)}
    assert min(sample.latency_seconds for sample in outcome.samples) >= DELAY_SECONDS


def test_what_is_to_be_done_meanwhile_is_done_after_so_long_and_only_then() -> None:
    done: list[str] = []
    with upstream(DELAY_SECONDS) as port:
        arrivals = [Arrival(0.0, REQUEST), Arrival(2 * DELAY_SECONDS, REQUEST)]
        send_timetable(
            port, arrivals, [(DELAY_SECONDS, lambda: done.append("now")), (60.0, lambda: done.append("late"))]
        )
    assert done == ["now"]


def test_latency_counts_from_the_timetable_however_late_the_request_left() -> None:
    with upstream(0) as port:
        outcome = send_timetable(port, [Arrival(0.0, REQUEST) for _ in range(50)])
    assert all(sample.latency_seconds >= sample.lateness_seconds >= 0 for sample in outcome.samples)


def test_the_same_seed_gives_the_same_timetable() -> None:
    first, again, other = (random_arrivals(1_000, 1, REQUEST, seed) for seed in (1, 1, 2))
    assert first == again != other


def test_arrivals_come_at_the_rate_asked_for() -> None:
    arrivals = random_arrivals(1_000, 20, REQUEST, seed=3)
    assert len(arrivals) == pytest.approx(20_000, rel=0.05)
    assert all(arrival.at_seconds < 20 for arrival in arrivals)
