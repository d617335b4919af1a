"""Every fault of the table, in every dialect with text events, as the steps it must give."""

import re
import zlib
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.lab.provider.fault import OK, parse_fault
from mainstay.lab.provider.fault_table import FAULTS
from mainstay.lab.provider.perform import perform
from mainstay.lab.provider.request import Personality, ProviderRequest
from mainstay.lab.provider.steps import Body, Cut, End, Hang, RefuseConnection, Reset, Step
from tests.lab.provider.answers import PATHS, TOOLS, body, head, pause_seconds, request, text

ENDS = {
    "anthropic": b'{"type":"message_stop"}',
    "openai-chat": b"[DONE]",
    "openai-responses": b"event: response.completed",
}
FINISHES = {
    "anthropic": b'"type":"message_delta"',
    "openai-chat": b'"finish_reason":"',
    "openai-responses": b"event: response.output_item.done",
}
_CALL_ID = re.compile(rb'"((?:toolu|call)_[0-9a-f]+)"')


class Seen:
    """The steps of one fault in one dialect: streamed, not streamed, and streamed with a tool call."""

    def __init__(self, dialect: str, fault: str) -> None:
        self.dialect = dialect
        self.fault = parse_fault(fault)
        self.stream = self.of(stream=True)
        self.plain = self.of(stream=False)
        self.tool = self.of(stream=True, tools=TOOLS[dialect])

    def of(self, **fields: object) -> list[Step]:
        return perform(request(self.dialect, **fields), self.fault, Personality())  # type: ignore[arg-type]

    def healthy(self) -> "Seen":
        return Seen(self.dialect, "ok")

    @property
    def has_end(self) -> bool:
        return ENDS[self.dialect] in body(self.stream)

    @property
    def has_finish(self) -> bool:
        return FINISHES[self.dialect] in body(self.stream)


def is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data)
    except msgspec.DecodeError:
        return False
    return True


def status(*codes: int) -> Callable[[Seen], None]:
    """One status for all dialects, or Anthropic's and OpenAI's."""

    def check(seen: Seen) -> None:
        expected = codes[0] if seen.dialect == "anthropic" else codes[-1]
        for steps in (seen.stream, seen.plain):
            assert head(steps).status == expected
            assert steps[-1] == End()

    return check


def only(ending: Step) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        assert seen.stream == seen.plain == [ending]

    return check


def ok(seen: Seen) -> None:
    assert seen.stream[-1] == seen.plain[-1] == End()
    assert seen.has_end
    assert seen.has_finish
    assert len(text(body(seen.stream)).split()) == 60
    assert text(body(seen.plain)) == text(body(seen.stream))
    assert b"weather" in body(seen.tool)


def broken_after_forty(ending: Step) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        whole = text(body(seen.healthy().stream))
        assert seen.stream[-1] == seen.plain[-1] == ending
        assert text(body(seen.stream)) == whole[:40]
        assert int(dict(head(seen.plain).headers)["content-length"]) > len(body(seen.plain)) > 0

    return check


def waits(seen: Seen) -> None:
    assert body(seen.plain) == body(seen.healthy().plain)
    assert pause_seconds(seen.stream) >= 5.0
    assert pause_seconds(seen.plain) >= 5.0
    ok(seen)


def slow_header(seen: Seen) -> None:
    assert head(seen.stream).seconds == head(seen.plain).seconds == 2.0
    ok(seen)


def inband_error(seen: Seen) -> None:
    assert head(seen.stream).status == head(seen.plain).status == 200
    assert text(body(seen.stream)) == text(body(seen.healthy().stream))[:40]
    assert b"verloaded" in body(seen.stream).rsplit(b"data: ", 1)[1]
    assert "error" in msgspec.json.decode(body(seen.plain))
    assert not seen.has_end


def truncated_json(seen: Seen) -> None:
    assert seen.stream[-1] == seen.plain[-1] == End()
    assert int(dict(head(seen.plain).headers)["content-length"]) == len(body(seen.plain))
    assert not is_json(body(seen.plain))
    assert not is_json(body(seen.stream).rstrip().rsplit(b"data: ", 1)[1])
    assert not seen.has_end


def one_event_more(event_data: Callable[[bytes], bool]) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        for steps, healthy in ((seen.stream, seen.healthy().stream), (seen.tool, seen.healthy().tool)):
            events, without = body(steps).split(b"\n\n"), body(healthy).split(b"\n\n")
            more = [event for event in events if event not in without]
            assert len(events) == len(without) + 1
            assert [event_data(event.rpartition(b"data:")[2].strip()) for event in more] == [True]
            assert [event for event in events if event not in more] == without
        assert seen.plain == seen.healthy().plain

    return check


def no_done(seen: Seen) -> None:
    assert seen.has_finish
    assert not seen.has_end
    assert seen.stream[-1] == End()


def early_finish(seen: Seen) -> None:
    assert seen.has_end
    assert not seen.has_finish
    assert seen.stream[-1] == End()


def wrong_length(seen: Seen) -> None:
    for steps in (seen.stream, seen.plain):
        assert int(dict(head(steps).headers)["content-length"]) == len(body(steps)) + 10
        assert steps[-1] == Cut()


def html_200(seen: Seen) -> None:
    for steps in (seen.stream, seen.plain):
        assert head(steps).status == 200
        assert body(steps).startswith(b"<!DOCTYPE html>")


def says_nothing(seen: Seen) -> None:
    assert text(body(seen.stream)) == text(body(seen.plain)) == ""
    assert seen.has_end
    assert is_json(body(seen.plain))


def refusal(seen: Seen) -> None:
    says_nothing(seen)
    assert b"refusal" in body(seen.stream)


def content_filter(seen: Seen) -> None:
    assert text(body(seen.stream)) == text(body(seen.plain)) == text(body(seen.healthy().plain))[:40]
    reason = b'"refusal"' if seen.dialect == "anthropic" else b'"content_filter"'
    assert reason in body(seen.stream)


def tool_broken_json(seen: Seen) -> None:
    healthy, broken = body(seen.healthy().tool), body(seen.tool)
    assert healthy != broken
    assert broken.count(b'}",') == 0 or seen.dialect != "anthropic"
    ok_text(seen)


def tool_same_ids(seen: Seen) -> None:
    for stream in (True, False):
        asked = request(seen.dialect, "weather? [tools=3]", tools=TOOLS[seen.dialect], stream=stream)
        broken, healthy = (body(perform(asked, fault, Personality())) for fault in (seen.fault, OK))
        assert len(set(_CALL_ID.findall(broken))) == 1
        assert len(set(_CALL_ID.findall(healthy))) == 3
    ok_text(seen)


def ok_text(seen: Seen) -> None:
    assert seen.stream == seen.healthy().stream


def thinking_only(seen: Seen) -> None:
    says_nothing(seen)
    words = {
        "anthropic": b"thinking_delta",
        "openai-chat": b"reasoning_content",
        "openai-responses": b"reasoning_summary_text.delta",
    }
    assert words[seen.dialect] in body(seen.stream)


def same_bytes(pieces: Callable[[int], bool]) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        healthy = seen.healthy()
        for steps, other in ((seen.stream, healthy.stream), (seen.plain, healthy.plain)):
            assert body(steps) == body(other)
            assert pieces(sum(isinstance(step, Body) for step in steps)) or steps is seen.plain

    return check


def crlf(seen: Seen) -> None:
    assert body(seen.stream).replace(b"\r\n", b"\n") == body(seen.healthy().stream)
    assert b"\n" not in body(seen.stream).replace(b"\r\n", b"")


def comments(seen: Seen) -> None:
    assert body(seen.stream).replace(b": a comment\n\n", b"") == body(seen.healthy().stream)
    assert body(seen.stream).count(b": a comment\n\n") > 10


def gzip(seen: Seen) -> None:
    for steps, healthy in ((seen.stream, seen.healthy().stream), (seen.plain, seen.healthy().plain)):
        assert ("content-encoding", "gzip") in head(steps).headers
        assert zlib.decompress(body(steps), wbits=31) == body(healthy)


CHECKS: dict[str, Callable[[Seen], None]] = {
    "ok": ok,
    "refuse": only(RefuseConnection()),
    "reset-before-headers": only(Reset()),
    "close-early": only(Cut()),
    "reset": broken_after_forty(Reset()),
    "cut": broken_after_forty(Cut()),
    "stall": broken_after_forty(Hang()),
    "pings-only": waits,
    "slow": waits,
    "dribble-headers": slow_header,
    "status": status(500),
    "overloaded": status(529, 503),
    "throttle": status(429),
    "ramp-limit": status(429),
    "credit-balance": status(400),
    "insufficient-quota": status(400, 429),
    "spend-limit": status(429),
    "billing": status(402),
    "auth": status(401),
    "forbidden": status(403),
    "not-found": status(404),
    "timeout-408": status(408),
    "conflict": status(409),
    "bad-request": status(400),
    "too-large": status(413),
    "context": status(400),
    "unprocessable": status(422),
    "server-error": status(500),
    "bad-gateway": status(502),
    "unavailable": status(503),
    "gateway-timeout": status(504),
    "unknown-status": status(520),
    "inband-error": inband_error,
    "truncated-json": truncated_json,
    "malformed-event": one_event_more(lambda data: bool(data) and not is_json(data)),
    "no-done": no_done,
    "early-finish": early_finish,
    "wrong-length": wrong_length,
    "html-200": html_200,
    "empty": says_nothing,
    "refusal": refusal,
    "content-filter": content_filter,
    "tool-broken-json": tool_broken_json,
    "tool-same-ids": tool_same_ids,
    "thinking-only": thinking_only,
    "split": same_bytes(lambda count: count > 1000),
    "packed": same_bytes(lambda count: count == 1),
    "crlf": crlf,
    "empty-data": one_event_more(lambda data: not data),
    "comments": comments,
    "gzip": gzip,
    "unknown-event": one_event_more(lambda data: b"lab_notice" in data),
}


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_does_what_it_says(fault: str, dialect: str) -> None:
    CHECKS[fault](Seen(dialect, fault))


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("fault", FAULTS)
def test_the_same_request_gives_the_same_steps(fault: str, dialect: str) -> None:
    assert Seen(dialect, fault).stream == Seen(dialect, fault).stream


@given(st.binary(max_size=80), st.sampled_from(sorted(FAULTS)), st.sampled_from(sorted(PATHS.values())))
def test_no_body_is_too_strange(data: bytes, fault: str, path: str) -> None:
    steps = perform(ProviderRequest("POST", path, body=data), parse_fault(fault), Personality())
    endings = [step for step in steps if isinstance(step, End | Cut | Reset | Hang | RefuseConnection)]
    assert endings == [steps[-1]]
