"""What the provider has seen: one entry per request, so that tests can ask what reached the upstream."""

from collections import deque

import msgspec

from mainstay.lab.provider.request import ProviderRequest
from mainstay.model.http import Headers

ENTRIES_MAX = 100
"""Older entries are forgotten."""
_SECRET = frozenset({"authorization", "x-api-key", "cookie", "proxy-authorization"})


class RequestSeen(msgspec.Struct):
    """One request and what became of it. `request` is whole, credentials included; `summary` is not. Durations are in
    seconds from the moment the request was complete; `None` means: not (yet)."""

    number: int
    request: ProviderRequest
    fault: str
    started: float
    status: int | None = None
    bytes_sent: int = 0
    finished_seconds: float | None = None
    client_left_seconds: float | None = None

    @property
    def is_running(self) -> bool:
        """Whether the answer is still being given."""
        return self.finished_seconds is None and self.client_left_seconds is None


class Summary(msgspec.Struct, frozen=True):
    """An entry as it may be shown: no credentials, and of the body only its size."""

    number: int
    at: float
    method: str
    path: str
    query: str
    headers: Headers
    body_bytes: int
    fault: str
    status: int | None
    bytes_sent: int
    finished_seconds: float | None
    client_left_seconds: float | None


def summary(seen: RequestSeen) -> Summary:
    """The entry without secrets."""
    request = seen.request
    return Summary(
        number=seen.number,
        at=request.at,
        method=request.method,
        path=request.path,
        query=request.query,
        headers=tuple((name, "(hidden)" if name in _SECRET else value) for name, value in request.headers),
        body_bytes=len(request.body),
        fault=seen.fault,
        status=seen.status,
        bytes_sent=seen.bytes_sent,
        finished_seconds=seen.finished_seconds,
        client_left_seconds=seen.client_left_seconds,
    )


class RequestLog:
    """The last requests, oldest first, and how many there ever were."""

    def __init__(self) -> None:
        self.count = 0
        self._entries: deque[RequestSeen] = deque(maxlen=ENTRIES_MAX)

    @property
    def entries(self) -> tuple[RequestSeen, ...]:
        """The last requests, oldest first."""
        return tuple(self._entries)

    def add(self, request: ProviderRequest, fault: str, started: float) -> RequestSeen:
        """Note a request that has just come in."""
        self.count += 1
        entry = RequestSeen(self.count, request, fault, started)
        self._entries.append(entry)
        return entry

    def clear(self) -> None:
        """Forget the entries; the count stays."""
        self._entries.clear()
