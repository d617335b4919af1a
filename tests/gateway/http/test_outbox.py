import asyncio

from mainstay.gateway.http.outbox import Outbox, Outgoing
from tests.gateway.http.conftest import Run


class Wire(asyncio.Transport):
    """A transport that writes down what is done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[bytes | str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.done.append(bytes(data))

    def close(self) -> None:
        self.done.append("close")

    def abort(self) -> None:
        self.done.append("abort")

    def write_eof(self) -> None:
        self.done.append("eof")

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return bool({"close", "abort"} & set(self.done))

    def get_write_buffer_size(self) -> int:
        return 7


def test_writes_of_one_turn_leave_together_when_it_ends(run: Run) -> None:
    async def play() -> None:
        wire = Wire()
        out = Outgoing(Outbox(asyncio.get_running_loop()), wire)
        out.write(b"one ")
        out.write(b"two")
        assert wire.done == []
        assert out.unsent_bytes == 7 + 7
        await asyncio.sleep(0)
        assert wire.done == [b"one two"]
        out.write(b"three")
        await asyncio.sleep(0)
        assert wire.done == [b"one two", b"three"]

    run(play())


def test_every_connection_of_the_turn_is_flushed(run: Run) -> None:
    async def play() -> None:
        outbox = Outbox(asyncio.get_running_loop())
        wires = [Wire() for _ in range(3)]
        for wire in wires:
            Outgoing(outbox, wire).write(b"x")
        await asyncio.sleep(0)
        assert [wire.done for wire in wires] == [[b"x"]] * 3

    run(play())


def test_closing_writes_first_and_aborting_does_not(run: Run) -> None:
    async def play() -> None:
        closed, half_closed, aborted, reset = (Wire() for _ in range(4))
        outbox = Outbox(asyncio.get_running_loop())
        outs = [Outgoing(outbox, wire) for wire in (closed, half_closed, aborted, reset)]
        for out in outs:
            out.write(b"x")
        outs[0].close()
        outs[1].half_close()
        outs[2].abort()
        outs[3].reset()
        await asyncio.sleep(0)
        assert closed.done == [b"x", "close"]
        assert half_closed.done == [b"x", "eof"]
        assert aborted.done == ["abort"]
        assert reset.done == ["abort"]

    run(play())


def test_nothing_is_written_to_a_closed_connection(run: Run) -> None:
    async def play() -> None:
        wire = Wire()
        out = Outgoing(Outbox(asyncio.get_running_loop()), wire)
        out.close()
        out.write(b"late")
        await asyncio.sleep(0)
        out.half_close()
        assert wire.done == ["close"]

    run(play())
