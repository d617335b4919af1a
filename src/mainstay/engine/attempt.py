"""One attempt: its clocks, its evidence, and the record that it leaves."""

from typing import NamedTuple

import msgspec

from mainstay.engine.cost import cost_of, input_estimate
from mainstay.engine.micros import MICROS_PER_SECOND as MICROS
from mainstay.engine.plan import Try
from mainstay.model.call import Call, CallKind
from mainstay.model.events import Opened
from mainstay.model.fault import Blame, Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.http import Headers
from mainstay.model.records import AttemptRecord

REQUEST_ID_HEADERS = frozenset({"request-id", "x-request-id", "x-amzn-requestid"})
CHARACTERS_PER_TOKEN = 4
UNSEEN_WORK = frozenset(
    {FaultKind.CALLER_LEFT, FaultKind.STALL, FaultKind.DEADLINE, FaultKind.DRAINED, FaultKind.OUTRUN}
)
"""Faults by which we give up on a request that the provider has, and may well be working on."""
NOTHING = Usage()


class Bill(NamedTuple):
    """What an attempt has used, and what that costs in nanodollars (`None` where no price is known)."""

    usage: Usage
    cost: int | None


class Attempt(msgspec.Struct, eq=False):
    """Mutable, owned by one exchange; `number` counts from 1. It begins at the instant `started_at`. A struct, because
    so many fields are set much faster so."""

    number: int
    step: Try
    started_at: float
    bytes_sent: int
    last_byte_at: float = 0.0
    bytes_received: int = 0
    status: int = 0
    headers: Headers = ()
    connected_at: float | None = None
    opened_at: float | None = None
    working_at: float | None = None
    content_at: float | None = None
    output_characters: int = 0
    """Of the answer, as far as it was heard."""
    continued_characters: int = 0
    """Of the answer so far, which a continuation sends along."""
    dropped_events: int = 0
    stop_reason: str = ""
    """Why the model stopped, in its dialect's word; empty where that was not heard."""
    tools_broken: bool = False
    """Whether a tool call came whole and its arguments are no JSON."""
    delivered: bool = False
    open: bool = True
    _usage: Usage | None = None

    def __post_init__(self) -> None:
        """Silence is counted from the start."""
        self.last_byte_at = self.started_at

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
        known = self._usage
        if known is None:
            self._usage = usage
            return
        self._usage = Usage(
            usage.input_tokens or known.input_tokens,
            max(usage.output_tokens, known.output_tokens),
            usage.cached_tokens or known.cached_tokens,
            usage.estimated,
            usage.cache_write_tokens or known.cache_write_tokens,
            max(usage.reasoning_tokens, known.reasoning_tokens),
        )

    def bill(self, call: Call, fault: Fault | None) -> Bill:
        """What the attempt, which ended with this fault or well, has used and costs."""
        usage = self.usage(call, fault)
        return Bill(usage, cost_of(usage, self.step.candidate.price))

    def usage(self, call: Call, fault: Fault | None) -> Usage:
        """Observed usage; estimated where the provider's report is missing or was cut off. Only answers use tokens, and
        errors (HTTP 400 and above) are not billed."""
        if call.kind is not CallKind.ANSWER or self.status >= 400:  # noqa: PLR2004 - as HTTP numbers its errors
            return NOTHING
        known = self._usage
        if fault is None and known is not None:
            return known
        if self.opened_at is None and (fault is None or fault.kind not in UNSEEN_WORK):
            return NOTHING
        if known is None:
            sent = input_estimate(self.step.candidate, call) + self.continued_characters // CHARACTERS_PER_TOKEN
            known = Usage(input_tokens=sent)
        return Usage(
            known.input_tokens,
            max(known.output_tokens, self.output_characters // CHARACTERS_PER_TOKEN),
            known.cached_tokens,
            estimated=True,
            cache_write_tokens=known.cache_write_tokens,
            reasoning_tokens=known.reasoning_tokens,
        )

    def record(
        self, exchange: str, payer: tuple[str, str], bill: Bill, at: float, now: float, fault: Fault | None
    ) -> AttemptRecord:
        """The attempt's record; `payer` is tenant and token, `at` its start in seconds since 1970."""
        usage = bill.usage
        candidate, credential = self.step.candidate, self.step.credential
        started_at, connected_at = self.started_at, self.connected_at
        opened_at, content_at = self.opened_at, self.content_at
        # By position, in the order of the record's fields: by name it would cost ten times as much. So would four calls
        # of `to_micros`.
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
            None if connected_at is None else int((connected_at - started_at) * MICROS + 0.5) / MICROS,
            None if opened_at is None else int((opened_at - started_at) * MICROS + 0.5) / MICROS,
            None if content_at is None else int((content_at - started_at) * MICROS + 0.5) / MICROS,
            int((now - started_at) * MICROS + 0.5) / MICROS,
            self.bytes_sent,
            self.bytes_received,
            self.dropped_events,
            usage.input_tokens,
            usage.output_tokens,
            usage.cached_tokens,
            usage.estimated,
            usage.cache_write_tokens,
            usage.reasoning_tokens,
            bill.cost,
            *payer,
        )

    def _request_id(self) -> str:
        for name, value in self.headers:
            if name in REQUEST_ID_HEADERS:
                return value
        return ""

    def _outcome(self, fault: Fault) -> str:
        if fault.kind is FaultKind.CALLER_LEFT:
            return "left"
        if self.delivered:
            return "continued"
        return "failed" if fault.blame is Blame.PROVIDER else "no-sample"
