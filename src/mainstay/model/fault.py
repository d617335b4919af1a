"""Faults: what went wrong, whose fault it is, and what to do about it.

A fault is a value, decided once, at the border where it is known. The rest of the house asks it, and never reads
prose again. The table of kinds follows the classification in `docs/faults.md`.
"""

from enum import Enum

import msgspec

from mainstay.model.http import Headers


class Blame(Enum):
    """Whose fault it was. Only `PROVIDER` moves a breaker (law 7)."""

    PROVIDER = "provider"
    CALLER = "caller"
    US = "us"
    NOBODY = "nobody"


class Advice(Enum):
    """What a fault suggests for the next attempt."""

    SAME = "same"
    """The same candidate may be tried again after a short wait; another one at once."""
    NEXT = "next"
    """Try another candidate; the same one only if nobody else is left."""
    ROTATE = "rotate"
    """Another credential of the same upstream, then another candidate; an alert is raised."""
    STOP = "stop"
    """No attempt can help: answer the caller now."""


class FaultKind(Enum):
    """Every kind of fault that Mainstay tells apart. `UNKNOWN` is a kind of its own and is counted."""

    CONNECT = "connect"
    SERVER = "server"
    OVERLOAD = "overload"
    THROTTLE = "throttle"
    BILLING = "billing"
    AUTH = "auth"
    MODEL_GONE = "model-gone"
    TRANSIENT = "transient"
    REQUEST = "request"
    CONTEXT = "context"
    SEALED = "sealed"
    """The request carries reasoning of earlier turns that another provider sealed."""
    CUT = "cut"
    STALL = "stall"
    EMPTY = "empty"
    MALFORMED = "malformed"
    UNALIGNED = "unaligned"
    UNKNOWN = "unknown"
    CALLER_LEFT = "caller-left"
    OUTRUN = "outrun"
    """Another attempt at the same request, made because this one was slow, answered first."""
    DEADLINE = "deadline"
    NO_CANDIDATE = "no-candidate"
    REFUSED = "refused"
    ALLOWANCE = "allowance"
    """The caller's tenant or token has used what it may use."""
    SHED = "shed"
    """We, or everybody who may serve, are full: the request was turned away or waited too long."""
    DRAINED = "drained"
    """The gateway had to stop before the answer was whole."""
    INTERNAL = "internal"


class FaultClass(msgspec.Struct, frozen=True):
    """What follows from a kind of fault."""

    blame: Blame
    advice: Advice
    same_again: bool
    """Whether the same candidate may be tried a second time in the same exchange."""


CLASSES: dict[FaultKind, FaultClass] = {
    FaultKind.CONNECT: FaultClass(Blame.PROVIDER, Advice.SAME, same_again=True),
    FaultKind.SERVER: FaultClass(Blame.PROVIDER, Advice.SAME, same_again=True),
    FaultKind.OVERLOAD: FaultClass(Blame.PROVIDER, Advice.NEXT, same_again=True),
    FaultKind.THROTTLE: FaultClass(Blame.NOBODY, Advice.NEXT, same_again=True),
    FaultKind.BILLING: FaultClass(Blame.NOBODY, Advice.ROTATE, same_again=False),
    FaultKind.AUTH: FaultClass(Blame.NOBODY, Advice.ROTATE, same_again=False),
    FaultKind.MODEL_GONE: FaultClass(Blame.NOBODY, Advice.NEXT, same_again=False),
    FaultKind.TRANSIENT: FaultClass(Blame.NOBODY, Advice.SAME, same_again=True),
    FaultKind.REQUEST: FaultClass(Blame.CALLER, Advice.STOP, same_again=False),
    FaultKind.CONTEXT: FaultClass(Blame.CALLER, Advice.STOP, same_again=False),
    FaultKind.SEALED: FaultClass(Blame.NOBODY, Advice.SAME, same_again=True),
    FaultKind.CUT: FaultClass(Blame.PROVIDER, Advice.SAME, same_again=True),
    FaultKind.STALL: FaultClass(Blame.PROVIDER, Advice.NEXT, same_again=False),
    FaultKind.EMPTY: FaultClass(Blame.NOBODY, Advice.NEXT, same_again=True),
    FaultKind.MALFORMED: FaultClass(Blame.PROVIDER, Advice.NEXT, same_again=True),
    FaultKind.UNALIGNED: FaultClass(Blame.NOBODY, Advice.NEXT, same_again=False),
    FaultKind.UNKNOWN: FaultClass(Blame.PROVIDER, Advice.NEXT, same_again=True),
    FaultKind.CALLER_LEFT: FaultClass(Blame.NOBODY, Advice.STOP, same_again=False),
    FaultKind.OUTRUN: FaultClass(Blame.NOBODY, Advice.NEXT, same_again=True),
    FaultKind.DEADLINE: FaultClass(Blame.NOBODY, Advice.STOP, same_again=False),
    FaultKind.NO_CANDIDATE: FaultClass(Blame.US, Advice.STOP, same_again=False),
    FaultKind.REFUSED: FaultClass(Blame.CALLER, Advice.STOP, same_again=False),
    FaultKind.ALLOWANCE: FaultClass(Blame.CALLER, Advice.STOP, same_again=False),
    FaultKind.SHED: FaultClass(Blame.US, Advice.STOP, same_again=False),
    FaultKind.DRAINED: FaultClass(Blame.US, Advice.STOP, same_again=False),
    FaultKind.INTERNAL: FaultClass(Blame.US, Advice.STOP, same_again=False),
}


class Fault(msgspec.Struct, frozen=True):
    """One thing that went wrong.

    `status` is the provider's HTTP status (200 for a fault inside a stream, 0 when no response came) or, for
    faults that we raise ourselves, the status to answer with. `code` is the provider's machine-readable error type
    or code, or a short name of ours. `wait_seconds` is what the provider asked us to wait (already clamped).
    `headers` and `body` hold the provider's own answer so that it can reach the caller unchanged.
    """

    kind: FaultKind
    message: str
    status: int = 0
    code: str = ""
    wait_seconds: float | None = None
    headers: Headers = ()
    body: bytes = b""

    @property
    def blame(self) -> Blame:
        """Whose fault it was."""
        return CLASSES[self.kind].blame

    @property
    def advice(self) -> Advice:
        """What to do next."""
        return CLASSES[self.kind].advice

    @property
    def same_again(self) -> bool:
        """Whether the same candidate may be tried once more in this exchange."""
        return CLASSES[self.kind].same_again
