"""A store of streams in memory, for tests of what works with the book."""

from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.port import StreamEvent, StreamHead


class MemoryEvents:
    """Implements `control.book.OpenedStore`. Several books may share one."""

    def __init__(self) -> None:
        self.events: list[StreamEvent] = []
        self.is_down = False

    def append_event(self, stream: str, number: int, event_id: str, at: float, body: bytes) -> bool:
        self._refuse()
        if number != 1 + sum(one.stream == stream for one in self.events):
            return False
        self.events.append(StreamEvent(len(self.events) + 1, stream, number, event_id, at, body))
        return True

    def stream(self, stream: str, after: int, limit: int) -> list[StreamEvent]:
        self._refuse()
        return [one for one in self.events if one.stream == stream and one.number > after][:limit]

    def streams(self, prefix: str, before: int | None, limit: int) -> list[StreamHead]:
        self._refuse()
        last = {one.stream: one for one in self.events if one.stream.startswith(prefix)}
        heads = [StreamHead(one.stream, one.number, one.arrival, one.at) for one in last.values()]
        heads.sort(key=lambda head: -head.arrival)
        return [head for head in heads if before is None or head.arrival < before][:limit]

    def event_arrivals(self, after: int, limit: int) -> list[StreamEvent]:
        self._refuse()
        return [one for one in self.events if one.arrival > after][:limit]

    def close(self) -> None:
        """Nothing is held."""

    def _refuse(self) -> None:
        if self.is_down:
            raise StoreError("the store does not answer")
