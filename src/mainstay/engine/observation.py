"""Observation: what an attempt that has ended tells of the place that it was made at."""

import msgspec

from mainstay.model.fault import Fault
from mainstay.model.frame import Usage
from mainstay.model.http import Headers


class Observation(msgspec.Struct, frozen=True):
    """Instants are the driver's; `wall` is the end in seconds since 1970. `opened_at` is when the response began,
    `content_at` when its first content came (of a plain answer: when it was whole); `None` where it never did."""

    fault: Fault | None
    usage: Usage
    headers: Headers
    started_at: float
    opened_at: float | None
    content_at: float | None
    ended_at: float
    wall: float
    output_characters: int
    stop_reason: str
    tools_broken: bool
    is_stream: bool
    is_answer: bool
    """Whether a model was to answer (and not only tokens to be counted or models to be listed)."""
    working_at: float | None = None
    """When a stream's first proof came that the model works, content or not."""
    output_tokens_max: int | None = None
    """What the caller allows; `None` where it leaves that to the provider."""
