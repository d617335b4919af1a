"""Faults that the engine itself names: broken connections by phase, silence, and what cannot be served at all."""

from mainstay.model.catalogue import Skipped
from mainstay.model.events import Breakage, Broke, CallerLeft, Drained, Outrun
from mainstay.model.fault import Fault, FaultKind

SKIPPED_SHOWN_MAX = 10
PARTINGS = frozenset({FaultKind.CALLER_LEFT, FaultKind.DRAINED, FaultKind.OUTRUN})
BREAKAGES = {
    Breakage.REFUSED: (FaultKind.CONNECT, "the upstream could not be reached"),
    Breakage.CONNECT_TIMEOUT: (FaultKind.CONNECT, "the upstream did not accept a connection in time"),
    Breakage.CLOSED_EARLY: (FaultKind.CONNECT, "the upstream closed the connection before it answered"),
    Breakage.CUT: (FaultKind.CUT, "the upstream's answer was cut off"),
    Breakage.PROTOCOL: (FaultKind.MALFORMED, "the upstream's answer was not valid HTTP"),
}


def of_breakage(event: Broke) -> Fault:
    """The fault of a connection that broke."""
    kind, message = BREAKAGES[event.how]
    return Fault(kind, message, code=event.how.value)


def stalled(clock: str, seconds: float) -> Fault:
    """One of the separate clocks ran out (law 5)."""
    return Fault(FaultKind.STALL, f"the upstream was silent too long ({clock}, {seconds:g} s)", code=clock)


def deadline() -> Fault:
    """The exchange's one deadline has come (law 4)."""
    return Fault(
        FaultKind.DEADLINE,
        "no complete answer within the deadline: raise deadline_seconds of the workload, or add a candidate",
        status=504,
        code="deadline",
    )


def caller_left() -> Fault:
    """The caller closed the connection."""
    return Fault(FaultKind.CALLER_LEFT, "the caller left", status=499, code="caller_left")


def drained(exchange: str = "") -> Fault:
    """The gateway stops and could wait no longer. `exchange`: its id, where the rest of a stream can be asked for."""
    message = "this gateway had to stop before the answer was whole"
    if exchange:
        message += f"; where drafts are kept, GET /v1/mainstay/exchanges/{exchange}/stream?after=N gives the rest"
    return Fault(FaultKind.DRAINED, message, status=503, code="drained")


def outrun() -> Fault:
    """A hedge has won, or the attempt that it hedged has."""
    return Fault(FaultKind.OUTRUN, "another attempt at the same request answered first", code="outrun")


def of_parting(event: CallerLeft | Drained | Outrun, exchange: str = "") -> Fault:
    """The fault of an attempt that ends because its caller or the gateway goes, or because another one was faster;
    `exchange` as for `drained`."""
    if isinstance(event, Outrun):
        return outrun()
    return caller_left() if isinstance(event, CallerLeft) else drained(exchange)


def is_parting(fault: Fault) -> bool:
    """Whether nothing more is tried here: the caller or the gateway goes, or another attempt was faster."""
    return fault.kind in PARTINGS


def cut(message: str, code: str) -> Fault:
    """The stream ended without its terminal marker (law 1)."""
    return Fault(FaultKind.CUT, message, code=code)


def unmarked() -> Fault:
    """The answer has its stop reason, only the terminal marker is missing: no sign of an ill provider."""
    message = "the stream ended without its terminal marker"
    return Fault(FaultKind.TRANSIENT, message, status=200, code="missing_terminal_marker")


def throttled(wait_seconds: float) -> Fault:
    """Every candidate has asked us to wait, longer than the deadline allows."""
    message = f"every candidate is throttled: try again in {wait_seconds:.0f} s, or add a candidate"
    return Fault(FaultKind.THROTTLE, message, status=429, code="rate_limit_exceeded", wait_seconds=wait_seconds)


def empty(message: str) -> Fault:
    """A success without anything in it."""
    return Fault(FaultKind.EMPTY, message, status=200, code="empty_answer")


def malformed(message: str, code: str) -> Fault:
    """An answer that is not of its dialect."""
    return Fault(FaultKind.MALFORMED, message, status=200, code=code)


def unaligned() -> Fault:
    """A continuation that does not join what the caller has seen."""
    return Fault(FaultKind.UNALIGNED, "the continuation did not join the text sent so far", code="unaligned")


def interrupted() -> Fault:
    """The stream stood still when its caller or the gateway went, and nobody could go on with it."""
    message = "this answer was interrupted here and could not be continued"
    return Fault(FaultKind.INTERNAL, message, status=500, code="interrupted")


def no_living_token(credential: str) -> Fault:
    """The credential is one that is exchanged for a token, and none lives."""
    message = f"there is no living token behind the credential {credential!r}: see the identity service"
    return Fault(FaultKind.AUTH, message, code="no_living_token")


def no_candidate(model: str, dialect: str, skipped: tuple[Skipped, ...], *, by_policy: bool = True) -> Fault:
    """Policy and abilities leave nobody who may serve. Where policy had no part in it (`by_policy`), another request
    would have been served: then this one is the caller's to change."""
    who = "; ".join(f"{one.upstream}: {one.reason}" for one in skipped[:SKIPPED_SHOWN_MAX])
    return Fault(
        FaultKind.NO_CANDIDATE,
        f"no candidate may serve this request for model {model!r} to a caller of dialect {dialect} "
        f"({who or 'the model has no candidate'})",
        status=503 if by_policy else 400,
        code="no_candidate",
    )
