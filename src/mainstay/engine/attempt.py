"""One attempt: its clocks, its evidence, and the record that it leaves."""

from mainstay.engine.plan import Try
from mainstay.model.call import Call
from mainstay.model.events import Opened
from mainstay.model.fault import Blame, Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.http import Headers
from mainstay.model.records import AttemptRecord

REQUEST_ID_HEADERS = frozenset({"request-id", "x-request-id", "x-amzn-requestid"})
CHARACTERS_PER_TOKEN = 4


class Attempt:
    """Mutable, owned by one exchange; `number` counts from 1."""

    __slots__ = (
        "_usage",
        "bytes_received",
        "bytes_sent",
        "connected_at",
        "content_at",
        "delivered",
        "dropped_events",
        "headers",
        "last_byte_at",
        "number",
        "open",
        "opened_at",
        "output_characters",
        "started_at",
        "status",
        "step",
        "working_at",
    )

    def __init__(self, number: int, step: Try, started_at: float, bytes_sent: int) -> None:
        """Begin at the instant `started_at`."""
        self.number = number
        self.step = step
        self.started_at = started_at
        self.bytes_sent = bytes_sent
        self.bytes_received = 0
        self.status = 0
        self.headers: Headers = ()
        self.connected_at: float | None = None
        self.opened_at: float | None = None
        self.last_byte_at = started_at
        self.working_at: float | None = None
        self.content_at: float | None = None
        self.output_characters = 0
        self.dropped_events = 0
        self.delivered = False
        self.open = True
        self._usage: Usage | None = None

    def opened(self, event: Opened) -> None:
        """The response header is here, perhaps with bytes of the body and its end."""
        self.opened_at = self.last_byte_at = event.at
        self.connected_at = event.connected_at
        self.status = event.status
        self.headers = event.headers
        self.bytes_received = len(event.data)
        self.open = not event.ended

    def received(self, at: float, size: int) -> None:
        """Bytes of the body are here."""
        self.last_byte_at = at
        self.bytes_received += size

    def add_usage(self, usage: Usage) -> None:
        """Take over what the provider reports; later and larger numbers win, since providers report cumulatively."""
        known = self._usage or Usage()
        self._usage = Usage(
            input_tokens=usage.input_tokens or known.input_tokens,
            output_tokens=max(usage.output_tokens, known.output_tokens),
            cached_tokens=usage.cached_tokens or known.cached_tokens,
        )

    def usage(self, call: Call, *, complete: bool) -> Usage:
        """Observed usage; estimated where the provider's report is missing or was cut off."""
        if complete and self._usage is not None:
            return self._usage
        if self.opened_at is None or self.status >= 400:  # noqa: PLR2004 - HTTP errors are not billed
            return Usage()
        known = self._usage or Usage(input_tokens=call.estimated_input_tokens)
        output = max(known.output_tokens, self.output_characters // CHARACTERS_PER_TOKEN)
        return Usage(known.input_tokens, output, known.cached_tokens, estimated=True)

    def record(self, exchange: str, call: Call, at: float, now: float, fault: Fault | None) -> AttemptRecord:
        """The attempt's record; `at` is its start in seconds since 1970."""
        usage = self.usage(call, complete=fault is None)
        candidate, credential = self.step.candidate, self.step.credential
        # By position, in the order of the record's fields: by name it would cost ten times as much.
        return AttemptRecord(
            f"{exchange}-{self.number}",
            at,
            exchange,
            self.number,
            candidate.upstream.name,
            candidate.model,
            credential.name if credential else "",
            candidate.upstream.dialect,
            self.step.chosen,
            "served" if fault is None else self._outcome(fault),
            self.status,
            fault.kind.value if fault else "",
            fault.code if fault else "",
            fault.blame.value if fault else "",
            self._request_id(),
            self._since_start(self.connected_at),
            self._since_start(self.opened_at),
            self._since_start(self.content_at),
            round(now - self.started_at, 6),
            self.bytes_sent,
            self.bytes_received,
            self.dropped_events,
            usage.input_tokens,
            usage.output_tokens,
            usage.cached_tokens,
            usage.estimated,
        )

    def _request_id(self) -> str:
        for name, value in self.headers:
            if name in REQUEST_ID_HEADERS:
                return value
        return ""

    def _since_start(self, at: float | None) -> float | None:
        return None if at is None else round(at - self.started_at, 6)

    def _outcome(self, fault: Fault) -> str:
        if fault.kind is FaultKind.CALLER_LEFT:
            return "left"
        if self.delivered:
            return "continued"
        return "failed" if fault.blame is Blame.PROVIDER else "no-sample"
