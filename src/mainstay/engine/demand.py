"""Demand: what one exchange asks of whoever serves it, and which cohort it belongs to."""

from zlib import crc32

import msgspec

from mainstay.model.call import Call
from mainstay.model.catalogue import Priority, Workload

COHORTS = 128
"""As in WeChat's DAGOR: coarse enough to be counted, fine enough that one step is less than a percent."""
OUTPUT_TOKENS_GUESS = 512
"""What an answer is taken to need where the request does not bound it."""


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

    @property
    def share_point(self) -> float:
        """Where the session stands among all, from 0 to 1: a share that grows takes up one session after the other."""
        return self.cohort / COHORTS


USUAL_DEMAND = Demand("default", Priority.INTERACTIVE, "local", 1.0, 0, False, 0, OUTPUT_TOKENS_GUESS)  # noqa: FBT003 (a record by position)
"""A small interactive request."""


def demand_of(call: Call, workload: Workload, tenant: str, weight: float, exchange_id: str) -> Demand:
    """What this call asks for. Without a session each request is a cohort of its own."""
    session = call.session
    who = f"{tenant}/{session}" if session else exchange_id
    # By position, in the order of the fields: by name it would cost ten times as much.
    return Demand(
        workload.name,
        workload.priority,
        tenant,
        weight,
        crc32(who.encode()) % COHORTS,
        session != "",
        call.estimated_input_tokens,
        min(call.max_output_tokens or OUTPUT_TOKENS_GUESS, OUTPUT_TOKENS_GUESS),
    )
