"""Demand: what one exchange asks of whoever serves it, and which cohort it belongs to."""

from zlib import crc32

import msgspec

from mainstay.model.call import Call
from mainstay.model.catalogue import Priority, Workload

COHORTS = 128
"""As in WeChat's DAGOR: coarse enough to be counted, fine enough that one step is less than a percent."""
COHORT_SECONDS = 3_600
"""How long a session stays in its cohort: it is not always the same ones that suffer."""
OUTPUT_TOKENS_GUESS = 512
"""What an answer is taken to need where the request does not bound it."""
PRIORITIES = (Priority.CRITICAL, Priority.INTERACTIVE, Priority.BATCH)
"""Who goes first under pressure."""
RANKS = {priority: rank for rank, priority in enumerate(PRIORITIES)}
"""The same as a number: the smaller the sooner."""

_MIX, _WORD, _COHORT_SHIFT = 0x9E3779B1, 0xFFFFFFFF, 25


class Demand(msgspec.Struct, frozen=True):
    """Tokens are estimates. `cohort` (0 to 127) is the same for all requests of one session, so that sessions are kept
    or turned away as wholes."""

    workload: str
    priority: Priority
    tenant: str
    weight: float
    cohort: int
    has_session: bool
    input_tokens: int
    output_tokens: int
    session_hash: int = 0
    """Tells sessions apart, though not for certain; 0 without one."""

    @property
    def share_point(self) -> float:
        """Where the session stands among all, from 0 to 1: a share that grows takes up one session after the other."""
        return self.cohort / COHORTS


USUAL_DEMAND = Demand("default", Priority.INTERACTIVE, "local", 1.0, 0, False, 0, OUTPUT_TOKENS_GUESS)  # noqa: FBT003 (a record by position)
"""A small interactive request."""


def demand_of(
    call: Call, workload: Workload, tenant: str, weight: float, exchange_id: str, wall: float = 0.0
) -> Demand:
    """What this call asks for at `wall` (seconds since 1970). Without a session each request is a cohort of its own."""
    session = f"{tenant}/{call.session}" if call.session else ""
    point = crc32((session or exchange_id).encode())
    # By position, in the order of the fields: by name it would cost ten times as much.
    return Demand(
        workload.name,
        workload.priority,
        tenant,
        weight,
        _cohort(point, wall) if session else point % COHORTS,
        session != "",
        call.estimated_input_tokens,
        min(call.max_output_tokens or OUTPUT_TOKENS_GUESS, OUTPUT_TOKENS_GUESS),
        point if session else 0,
    )


def cohort_of(session: str, wall: float) -> int:
    """The cohort of a session at `wall`: the same in every process, another one in each hour. Each session has its own
    instant at which its hour ends, so that not all of them change at once."""
    return _cohort(crc32(session.encode()), wall)


def _cohort(point: int, wall: float) -> int:
    hour = int(wall + point % COHORT_SECONDS) // COHORT_SECONDS
    return ((point ^ hour) * _MIX & _WORD) >> _COHORT_SHIFT
