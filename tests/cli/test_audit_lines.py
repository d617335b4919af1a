import msgspec
import pytest

from mainstay.cli.audit_lines import instant, lines, shown
from mainstay.ledger.schema import Stored, stored
from mainstay.model.records import (
    AccessRecord,
    ConfigurationRecord,
    ExchangeRecord,
    LeaseRecord,
    ProcessRecord,
    ProofRecord,
    Record,
)
from tests.ledger.conftest import alert, attempt, breaker, exchange

NOON = 1_763_812_800.0
ESCAPE = "\x1b[2J\x07"


def at_rest(sequence: int, record: Record) -> Stored:
    return stored(sequence, msgspec.json.encode(record))


def told(*records: Record) -> list[str]:
    return [line.plain for line in lines([at_rest(number, record) for number, record in enumerate(records)])]


def survived() -> ExchangeRecord:
    return msgspec.structs.replace(
        exchange("ex_1", at=NOON),
        upstream="openai",
        model_served="gpt",
        attempts=2,
        degraded="anthropic: overload",
        recovered=1,
        first_content_seconds=0.41,
        total_seconds=1.25,
        input_tokens=12,
        output_tokens=345,
        usage_estimated=True,
    )


def test_an_exchange_is_told_attempt_by_attempt() -> None:
    failed = msgspec.structs.replace(
        attempt(1, at=NOON),
        outcome="failed",
        status=529,
        fault="overload",
        fault_code="overloaded_error",
        connect_seconds=0.02,
        total_seconds=0.03,
        request_id="req_1",
    )
    served = msgspec.structs.replace(
        attempt(2, at=NOON + 0.03),
        upstream="openai",
        model="gpt",
        credential="",
        chosen="next in order",
        first_content_seconds=0.38,
        total_seconds=1.22,
        dropped_events=1,
    )
    head, first, second = told(served, failed, survived())
    assert head.split("  ") == [
        "2025-11-22 12:00:00.000Z",
        "ex_1",
        "anthropic stream",
        "claude -> openai/gpt",
        "answered 200",
        "first content 0.410 s, total 1.250 s",
        "tokens 12 in, 345 out (estimated)",
        "continued 1x",
        "degraded: anthropic: overload",
    ]
    assert first.split("  ") == [
        "",
        "",
        "1",
        "anthropic/claude/main",
        "first choice",
        "failed 529",
        "overload (overloaded_error)",
        "connected 0.020 s, total 0.030 s",
        "req_1",
    ]
    assert second.split("  ") == [
        "",
        "",
        "2",
        "openai/gpt/no credential",
        "next in order",
        "served 200",
        "first content 0.380 s, total 1.220 s",
        "1 malformed events dropped",
    ]


def test_an_exchange_that_nobody_served_says_why() -> None:
    record = msgspec.structs.replace(
        exchange(at=NOON),
        stream=False,
        outcome="failed",
        status=503,
        upstream="",
        model_served="",
        fault="no-candidate",
    )
    (line,) = told(record)
    assert "anthropic  claude  failed 503  no-candidate" in line
    assert "->" not in line
    assert "tokens" not in line


def test_a_refusal_names_its_code_and_a_tenant_is_named() -> None:
    refused = msgspec.structs.replace(
        exchange("ex_1", at=NOON), outcome="refused", status=401, fault="refused", fault_code="expired_token"
    )
    assert "refused (expired_token)" in told(refused)[0]
    assert told(refused)[0].split("  ")[2] == "anthropic stream"
    assert told(msgspec.structs.replace(refused, tenant=""))[0] == told(refused)[0]
    assert told(msgspec.structs.replace(refused, tenant="acme"))[0].split("  ")[2] == "acme"


def test_an_answer_that_was_given_again_names_the_first() -> None:
    assert "  repeats ex_0  " in told(msgspec.structs.replace(exchange("ex_1", at=NOON), repeats="ex_0"))[0]


def test_candidates_that_policy_kept_out_are_named() -> None:
    head, skipped = told(msgspec.structs.replace(exchange(), skipped=("openai: residency eu",)))
    assert "skipped" not in head
    assert skipped == "    -  skipped openai: residency eu"


def test_what_happened_in_between_stands_in_between() -> None:
    text = told(
        exchange("ex_2", at=NOON + 4),
        attempt(1, "ex_2", at=NOON + 4),
        breaker("open", at=NOON + 3),
        exchange("ex_1", at=NOON + 1),
        attempt(1, "ex_1", at=NOON + 2),
        alert(at=NOON + 2.5),
    )
    assert [line.split()[2] for line in text if line.startswith("2025")] == ["ex_1", "alert", "breaker", "ex_2"]
    assert text[1].startswith("    1  ")


def test_alerts_and_breakers_name_their_place_and_reason() -> None:
    assert told(alert(at=NOON), breaker("half-open", at=NOON)) == [
        "2025-11-22 12:00:00.000Z  alert  billing  anthropic/claude/main  the credit is used up",
        "2025-11-22 12:00:00.000Z  breaker  half-open  anthropic/claude/main  5 failures in a row",
    ]


def test_who_did_what_on_the_control_plane_is_told() -> None:
    changed = AccessRecord("a1", NOON, "otto", "role-changed", "ada", "local", "192.0.2.7", "from viewer to operator")
    ended = AccessRecord("a2", NOON, "", "sessions-ended", "root", "command-line", detail="of everybody")
    failed = AccessRecord("a3", NOON, "ada", "login-failed", "", "local", "192.0.2.7", "wrong\x1b[2J")
    many = AccessRecord("a4", NOON, "", "login-failed", detail="70 more")
    assert [line.removeprefix("2025-11-22 12:00:00.000Z  access  ") for line in told(changed, ended, failed, many)] == [
        "role-changed  otto  by ada (local)  from 192.0.2.7  from viewer to operator",
        "sessions-ended  -  by root (command-line)  of everybody",
        "login-failed  ada  (local)  from 192.0.2.7  wrong\N{REPLACEMENT CHARACTER}[2J",
        "login-failed  -  70 more",
    ]


def test_what_became_of_the_lease_is_told() -> None:
    lines_told = told(
        LeaseRecord("l1", NOON, "ops-1/7", "acts", 3), LeaseRecord("l2", NOON, "ops-1/7", "lost", 3, "it was taken")
    )
    assert lines_told == [
        "2025-11-22 12:00:00.000Z  lease  acts  ops-1/7  epoch 3",
        "2025-11-22 12:00:00.000Z  lease  lost  ops-1/7  epoch 3  it was taken",
    ]


def test_what_was_proven_is_told_with_what_is_not_well() -> None:
    well = ("credential ok: main is accepted", "quota unknown: the provider tells no limits")
    lines_told = told(
        ProofRecord("p1", NOON, "alpha", "claude", "main", "ok", well),
        ProofRecord("p2", NOON, "beta", "gpt", "", "failed", ("model failed: gone\x1b[2J",)),
    )
    assert lines_told == [
        "2025-11-22 12:00:00.000Z  proof  ok  alpha/claude/main  quota unknown: the provider tells no limits",
        "2025-11-22 12:00:00.000Z  proof  failed  beta/gpt  model failed: gone\N{REPLACEMENT CHARACTER}[2J",
    ]


def test_processes_and_configurations_are_told() -> None:
    started = ProcessRecord(id="p", at=NOON, role="gateway", event="started", version="1.2", pid=7)
    accepted = ConfigurationRecord(id="c", at=NOON, path="mainstay.yaml", sha256="ab12")
    assert told(started, accepted) == [
        "2025-11-22 12:00:00.000Z  process  gateway started  version 1.2  pid 7",
        "2025-11-22 12:00:00.000Z  configuration  accepted  mainstay.yaml  sha256 ab12",
    ]


def test_attempts_without_an_end_are_shown_as_such() -> None:
    head, first, second = told(attempt(2, at=NOON + 1), attempt(1, at=NOON))
    assert head.startswith("2025-11-22 12:00:00.000Z  ex_1  no end is written")
    assert (first[:7], second[:7]) == ("    1  ", "    2  ")


def test_a_record_of_a_later_version_does_not_hide_the_others() -> None:
    strange = Stored(7, "hologram", "x", "", NOON, b'{"type":"hologram"}')
    known = at_rest(8, exchange(at=NOON + 1))
    first, second = [line.plain for line in lines([strange, known])]
    assert "record 7 (hologram) cannot be read" in first
    assert "ex_1" in second


@pytest.mark.parametrize(
    "record",
    [
        msgspec.structs.replace(exchange(), model_asked=ESCAPE, degraded=ESCAPE, fault=ESCAPE, skipped=(ESCAPE,)),
        msgspec.structs.replace(attempt(), fault="x", fault_code=ESCAPE, request_id=ESCAPE, model=ESCAPE),
        msgspec.structs.replace(alert(), message=ESCAPE),
        msgspec.structs.replace(breaker("open"), reason=ESCAPE, state=ESCAPE),
    ],
    ids=lambda record: type(record).__name__,
)
def test_nothing_from_outside_can_steer_the_terminal(record: Record) -> None:
    for line in told(record):
        assert line.isprintable()


def test_plain_text_is_shown_as_it_is() -> None:
    assert shown("größer, 日本 [bold]") == "größer, 日本 [bold]"


def test_an_instant_beyond_the_calendar_is_still_told() -> None:
    assert instant(NOON + 0.1239) == "2025-11-22 12:00:00.123Z"
    assert instant(1e300) == "@1e+300"
