"""What one ended attempt says about the place where it was made."""

from bisect import bisect_right

from mainstay.engine.gray.baseline import Baseline
from mainstay.engine.gray.window import Sample
from mainstay.engine.observation import Observation
from mainstay.model.fault import FaultKind

SLOW, SLUGGISH, CRAWLING, DULL = 1, 2, 4, 8
TRUNCATED, EMPTY, BROKEN, REFUSED = 16, 32, 64, 128
TIMED, PACED, ENDED, LEARNED = 256, 512, 1024, 2048
"""Marks of a sample. `TIMED` and `PACED`: its wait and its speed could be compared with a baseline; `ENDED`: its answer
came to an end, whatever it was worth; `LEARNED`: it is part of the baseline already."""
BAD = SLOW | CRAWLING | TRUNCATED | EMPTY | BROKEN | REFUSED
NOT_GOOD = BAD | SLUGGISH | DULL
MANNERS = ENDED | TRUNCATED | EMPTY | BROKEN | REFUSED
"""Those that are no matter of time."""

SIZES = (1_000, 8_000, 32_000, 128_000)
"""Input tokens at which the next class of prompts begins."""
PACE_TOKENS_MIN = 16
"""Fewer tokens have no speed."""
PACE_SECONDS_MIN = 0.01
MOMENT_SECONDS = 0.0005
"""A wait that is too short for the clock."""
OWN_LIMIT_SHARE = 0.9
"""An answer that stops for its length at this share of what the caller allows was not cut by the provider."""
LENGTH_STOPS = frozenset(("length", "max_tokens", "max_output_tokens"))
REFUSAL_STOPS = frozenset(("refusal", "content_filter", "filter"))
"""Words of all dialects."""
BROKEN_CALL = "broken_tool_call"
"""The fault code of a translation that found a tool call's arguments to be no JSON."""

CUT, EMPTY_ANSWER, MALFORMED = FaultKind.CUT, FaultKind.EMPTY, FaultKind.MALFORMED
GIVEN_UP = frozenset({FaultKind.CALLER_LEFT, FaultKind.STALL, FaultKind.DEADLINE, FaultKind.OUTRUN})
"""Faults by which somebody stopped waiting: the answer would have taken longer still."""
MARKS_OF_FAULTS = {CUT: TRUNCATED, EMPTY_ANSWER: EMPTY}


def place_of(input_tokens: int, *, is_stream: bool) -> int:
    """The number of the baseline, below `PLACES`, that such a request belongs to."""
    return bisect_right(SIZES, input_tokens) * 2 + is_stream


PLACES = 2 * (len(SIZES) + 1)


def sample_of(seen: Observation) -> Sample:
    """What it says by itself: how long until the model worked (until a plain answer was whole), how fast it wrote, how
    it ended. What it says beside the usual is for `time_marks`."""
    usage, ended_at, is_stream = seen.usage, seen.ended_at, seen.is_stream
    begun = seen.working_at if is_stream else None
    tokens, speed = usage.output_tokens, 0.0
    if seen.fault is None and tokens >= PACE_TOKENS_MIN:
        seconds = ended_at - (seen.started_at if begun is None else begun)
        speed = tokens / max(seconds, PACE_SECONDS_MIN)
    wait = (ended_at if begun is None else begun) - seen.started_at or MOMENT_SECONDS
    return Sample(ended_at, place_of(usage.input_tokens, is_stream=is_stream), wait, speed, marks_of(seen))


def marks_of(seen: Observation) -> int:
    """How the attempt ended; 0 where that says nothing, or only something about time."""
    fault = seen.fault
    if fault is not None:
        if fault.kind is MALFORMED and fault.code == BROKEN_CALL:
            return ENDED | BROKEN
        mark = MARKS_OF_FAULTS.get(fault.kind, 0)
        return ENDED | mark if mark else 0
    stop = seen.stop_reason
    if stop in LENGTH_STOPS:
        limit = seen.output_tokens_max
        is_own = limit is not None and seen.usage.output_tokens >= limit * OWN_LIMIT_SHARE
        return ENDED if is_own else ENDED | TRUNCATED
    marks = ENDED | REFUSED if stop in REFUSAL_STOPS else ENDED
    return marks | BROKEN if seen.tools_broken else marks


def time_marks(wait: float, speed: float, baseline: Baseline, *, is_stream: bool) -> int:
    """How its time compares with the usual. Of plain answers only the speed is judged: their time follows from their
    length."""
    marks = 0
    # Slow is whoever is sluggish and more: a wait that is longer by milliseconds only is neither.
    if is_stream and wait > 0.0 and baseline.usual_wait:
        marks = TIMED
        if wait > baseline.sluggish_above:
            marks = TIMED | SLUGGISH | SLOW if wait > baseline.slow_above else TIMED | SLUGGISH
    if speed > 0.0 and baseline.usual_speed:
        marks |= PACED
        if speed < baseline.dull_below:
            marks |= DULL | CRAWLING if speed < baseline.crawling_below else DULL
    return marks
