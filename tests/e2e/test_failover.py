"""Every fault of a primary, met by the gateway while a healthy standby is there."""

import gzip
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

import anthropic
import msgspec
import openai
import pytest

from mainstay.lab.provider.fault import parse_fault
from mainstay.lab.provider.fault_table import FAULTS
from tests.e2e.callers import PATHS, Answer, Question
from tests.e2e.lanes import DIALECTS, LaneKind
from tests.e2e.raw import Heard, post
from tests.e2e.world import World, seen

StatusError = anthropic.APIStatusError | openai.APIStatusError


class Ends(Enum):
    """Who gives the answer, and what becomes of the fault."""

    PASSED = "passed"
    """The primary's bytes reach the caller as they are."""
    MENDED = "mended"
    """The primary serves, and what was wrong with its bytes is put right."""
    TAKEN_OVER = "taken over"
    """The standby serves from the first byte."""
    CONTINUED = "continued"
    """The primary begins, the standby goes on."""
    STOPPED = "stopped"
    """The caller is told at once, in the primary's own words."""


class Row(msgspec.Struct, frozen=True):
    """What becomes of a fault in a plain answer and in a stream. `kind` is that of the fault as the gateway names it;
    `stream_kind` where streams differ."""

    fault: str
    plain: Ends
    stream: Ends
    kind: str = ""
    lane: LaneKind = LaneKind.SHARED
    dialects: tuple[str, ...] = DIALECTS
    tools: bool = False
    stream_kind: str = ""


PASSED, MENDED, TAKEN_OVER = Ends.PASSED, Ends.MENDED, Ends.TAKEN_OVER
CONTINUED, STOPPED = Ends.CONTINUED, Ends.STOPPED
ANTHROPIC, OPENAI = ("anthropic",), ("openai-chat",)
HASTY, SILENT, OWN = LaneKind.HASTY, LaneKind.SILENT, LaneKind.OWN

BEHIND_THE_END = b": a comment\n\n"
"""The gateway reads no further than the terminal marker."""

TABLE = (
    Row("ok", PASSED, PASSED),
    Row("ok", PASSED, PASSED, tools=True),
    Row("refuse", TAKEN_OVER, TAKEN_OVER, "connect"),
    Row("reset-before-headers", TAKEN_OVER, TAKEN_OVER, "connect"),
    Row("close-early", TAKEN_OVER, TAKEN_OVER, "connect"),
    Row("reset", TAKEN_OVER, CONTINUED, "cut"),
    Row("cut:phase=headers", TAKEN_OVER, TAKEN_OVER, "connect"),
    Row("cut:phase=preamble", TAKEN_OVER, TAKEN_OVER, "cut"),
    Row("cut:after=0", TAKEN_OVER, TAKEN_OVER, "cut"),
    Row("cut", TAKEN_OVER, CONTINUED, "cut"),
    Row("cut:torn=true", TAKEN_OVER, CONTINUED, "cut"),
    Row("cut:clean=true", TAKEN_OVER, CONTINUED, "cut"),
    Row("cut:clean=true,torn=true", TAKEN_OVER, CONTINUED, "cut"),
    Row("cut:phase=before-end", TAKEN_OVER, MENDED, "cut"),
    Row("cut:phase=tool", TAKEN_OVER, TAKEN_OVER, "cut", tools=True),
    Row("stall:phase=connect", TAKEN_OVER, TAKEN_OVER, "stall", HASTY),
    Row("stall:phase=headers", TAKEN_OVER, TAKEN_OVER, "stall", HASTY),
    Row("stall:phase=preamble", TAKEN_OVER, TAKEN_OVER, "stall", HASTY),
    Row("stall", TAKEN_OVER, CONTINUED, "stall", SILENT),
    Row("stall:phase=tool", TAKEN_OVER, TAKEN_OVER, "stall", HASTY, tools=True),
    Row("stall:phase=end", TAKEN_OVER, MENDED, "stall", SILENT),
    Row("pings-only:seconds=30,interval=0.1", TAKEN_OVER, TAKEN_OVER, "stall", HASTY),
    Row("pings-only:after=40,seconds=0.2,interval=0.05", PASSED, PASSED),
    Row("slow:chars_per_second=4000", PASSED, PASSED),
    Row("dribble-headers:seconds=0.1", PASSED, PASSED),
    Row("status", TAKEN_OVER, TAKEN_OVER, "server"),
    Row("status:code=418,type=teapot_error", STOPPED, STOPPED),
    Row("overloaded", TAKEN_OVER, TAKEN_OVER, "overload"),
    Row("overloaded:form=seconds", TAKEN_OVER, TAKEN_OVER, "overload"),
    Row("throttle", TAKEN_OVER, TAKEN_OVER, "throttle"),
    Row("ramp-limit", TAKEN_OVER, TAKEN_OVER, "throttle"),
    Row("credit-balance", TAKEN_OVER, TAKEN_OVER, "billing", OWN),
    Row("insufficient-quota", TAKEN_OVER, TAKEN_OVER, "billing", OWN),
    Row("spend-limit", TAKEN_OVER, TAKEN_OVER, "billing", OWN),
    Row("billing", TAKEN_OVER, TAKEN_OVER, "billing", OWN),
    Row("auth", TAKEN_OVER, TAKEN_OVER, "auth", OWN),
    Row("forbidden", TAKEN_OVER, TAKEN_OVER, "auth", OWN),
    Row("not-found", TAKEN_OVER, TAKEN_OVER, "model-gone"),
    Row("timeout-408", TAKEN_OVER, TAKEN_OVER, "transient"),
    Row("conflict", TAKEN_OVER, TAKEN_OVER, "transient"),
    Row("bad-request", STOPPED, STOPPED),
    Row("too-large", STOPPED, STOPPED),
    Row("context", STOPPED, STOPPED),
    Row("unprocessable", STOPPED, STOPPED),
    Row("server-error", TAKEN_OVER, TAKEN_OVER, "server"),
    Row("server-error:body=empty", TAKEN_OVER, TAKEN_OVER, "server"),
    Row("bad-gateway", TAKEN_OVER, TAKEN_OVER, "server"),
    Row("unavailable:body=text", TAKEN_OVER, TAKEN_OVER, "server"),
    Row("gateway-timeout", TAKEN_OVER, TAKEN_OVER, "server"),
    Row("unknown-status", TAKEN_OVER, TAKEN_OVER, "unknown"),
    Row("inband-error:at=start", TAKEN_OVER, TAKEN_OVER, "overload"),
    Row("inband-error:at=preamble", TAKEN_OVER, TAKEN_OVER, "overload"),
    Row("inband-error", TAKEN_OVER, CONTINUED, "overload"),
    Row("inband-error:type=api_error", TAKEN_OVER, CONTINUED, "server"),
    Row("truncated-json", TAKEN_OVER, CONTINUED, "malformed"),
    Row("malformed-event", PASSED, MENDED),
    Row("no-done", PASSED, MENDED),
    Row("early-finish", PASSED, CONTINUED),
    Row("wrong-length", TAKEN_OVER, MENDED, "cut"),
    Row("wrong-length:by=-10", TAKEN_OVER, MENDED, "malformed"),
    Row("html-200", TAKEN_OVER, TAKEN_OVER, "malformed"),
    Row("empty", TAKEN_OVER, TAKEN_OVER, "empty"),
    Row("empty:what=choices", TAKEN_OVER, TAKEN_OVER, "empty", dialects=ANTHROPIC),
    Row("empty:what=choices", TAKEN_OVER, TAKEN_OVER, "empty", dialects=OPENAI, stream_kind="cut"),
    Row("refusal", PASSED, PASSED),
    Row("content-filter", PASSED, PASSED),
    Row("tool-broken-json", PASSED, PASSED, tools=True),
    Row("tool-same-ids", PASSED, PASSED, tools=True),
    Row("thinking-only", PASSED, PASSED, dialects=ANTHROPIC),
    Row("thinking-only", TAKEN_OVER, PASSED, "empty", dialects=OPENAI),
    Row("split", PASSED, PASSED),
    Row("split:bytes=7", PASSED, PASSED),
    Row("packed", PASSED, PASSED),
    Row("crlf", PASSED, PASSED),
    Row("empty-data", PASSED, MENDED),
    Row("comments", PASSED, PASSED),
    Row("gzip", PASSED, PASSED),
    Row("unknown-event", PASSED, PASSED),
)


class Case(NamedTuple):
    row: Row
    dialect: str
    stream: bool

    @property
    def ends(self) -> Ends:
        return self.row.stream if self.stream else self.row.plain

    @property
    def kind(self) -> str:
        return self.row.stream_kind if self.stream and self.row.stream_kind else self.row.kind

    def question(self, model: str) -> Question:
        return Question(model=model, stream=self.stream, tools=self.row.tools, faults=f"primary={self.row.fault}")

    def __str__(self) -> str:
        return f"{self.row.fault}{'+tools' * self.row.tools}-{self.dialect}-{'stream' if self.stream else 'plain'}"


CASES = [Case(row, dialect, stream) for row in TABLE for dialect in row.dialects for stream in (False, True)]


def test_every_fault_has_a_row_in_both_dialects() -> None:
    rows = {(parse_fault(row.fault).name, dialect) for row in TABLE for dialect in row.dialects}
    assert rows == {(name, dialect) for name in FAULTS for dialect in DIALECTS}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_of_the_primary(case: Case, world: World) -> None:
    lane = world.lane(case.dialect, case.row.lane)
    asked = case.question(lane.model)
    if case.ends is STOPPED:
        assert_stopped(asked, case.dialect, world)
        assert seen(world.standby, lane) == []
        return
    undisturbed = asked if case.ends is PASSED else msgspec.structs.replace(asked, faults="")
    should_be = world.ask_primary(case.dialect, undisturbed)
    answer = world.ask(case.dialect, asked)
    assert answer.said == should_be.said
    by_standby = len(seen(world.standby, lane))
    if case.ends is TAKEN_OVER:
        assert answer.headers["x-mainstay-upstream"] == lane.standby
        assert answer.headers["x-mainstay-degraded"] == f"{lane.primary}: {case.kind}"
        assert (answer.headers["x-mainstay-attempts"], answer.headers["x-lab-provider"]) == ("2", "standby")
        assert by_standby == 1
    else:
        assert answer.headers["x-mainstay-upstream"] == lane.primary
        assert "x-mainstay-degraded" not in answer.headers
        assert (answer.headers["x-mainstay-attempts"], answer.headers["x-lab-provider"]) == ("1", "primary")
        assert by_standby == (1 if case.ends is CONTINUED else 0)


def assert_stopped(asked: Question, dialect: str, world: World) -> None:
    direct, through = refusal(world.ask_primary, dialect, asked), refusal(world.ask, dialect, asked)
    assert type(through) is type(direct)
    assert through.response.status_code == direct.response.status_code
    assert through.response.content == direct.response.content


def refusal(ask: Callable[[str, Question], Answer], dialect: str, asked: Question) -> StatusError:
    with pytest.raises((anthropic.APIStatusError, openai.APIStatusError)) as caught:
        ask(dialect, asked)
    assert isinstance(caught.value, anthropic.APIStatusError | openai.APIStatusError)
    return caught.value


@pytest.mark.parametrize("case", [case for case in CASES if case.ends is PASSED], ids=str)
def test_what_passes_is_not_touched(case: Case, world: World) -> None:
    asked = case.question(world.lane(case.dialect, case.row.lane).model)
    through = post(world.url, PATHS[case.dialect], asked.body(case.dialect), asked.headers)
    direct = post(world.primary.url, PATHS[case.dialect], asked.body(case.dialect), asked.headers)
    assert through.status == direct.status
    assert through.body == unpacked(direct).removesuffix(BEHIND_THE_END)


def unpacked(heard: Heard) -> bytes:
    return gzip.decompress(heard.body) if heard.header("content-encoding") == "gzip" else heard.body
