"""Failover between dialects: the caller hears its own dialect, word for word, and learns what happened."""

import pytest

from mainstay.lab.provider.prose import prose
from mainstay.model.records import AttemptRecord, ExchangeRecord
from tests.conformance.stage import CALLERS, KINDS
from tests.e2e.callers import PATHS, Question
from tests.e2e.crossings import Crossing
from tests.e2e.raw import post

PROMPT = "Why do bridges hum in 50 words?"
WHOLE = prose(PROMPT, 50)
PAIRS = [(caller, kind) for caller in CALLERS for kind in KINDS if kind != caller]
TO_ANOTHER_DIALECT = pytest.mark.parametrize(("caller", "kind"), PAIRS)
PLAIN_AND_STREAM = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
SAYS_LATE = ("openai-chat", "openai-responses")
EARLY = {"overloaded": "overload", "reset-before-headers": "connect"}
"""Faults before the first content, and what the gateway calls them."""
OF_HTTP = {"content-type", "content-length", "transfer-encoding", "date", "cache-control", "connection"}


@pytest.mark.parametrize("fault", EARLY)
@PLAIN_AND_STREAM
@TO_ANOTHER_DIALECT
def test_a_standby_of_another_dialect_serves(
    caller: str, kind: str, fault: str, *, stream: bool, crossing: Crossing
) -> None:
    question = Question(model=crossing.road(caller, kind), prompt=PROMPT, stream=stream, faults=f"alpha={fault}")
    answer = crossing.ask(caller, question)
    assert answer.text == WHOLE
    assert answer.headers["x-mainstay-upstream"] == f"beta-{kind}"
    assert answer.headers["x-mainstay-degraded"].startswith(f"alpha-{caller}: {EARLY[fault]}")
    assert answer.headers["x-mainstay-attempts"] == "2"


@TO_ANOTHER_DIALECT
def test_a_standby_of_another_dialect_goes_on_with_a_stream_that_was_cut(
    caller: str, kind: str, crossing: Crossing
) -> None:
    for after in (1, 60, len(WHOLE) - 1):
        question = Question(model=crossing.road(caller, kind), prompt=PROMPT, faults=f"alpha=cut:after={after}")
        assert crossing.ask(caller, question).text == WHOLE


@pytest.mark.parametrize("first", KINDS)
@pytest.mark.parametrize("caller", CALLERS)
def test_a_primary_of_another_dialect_is_left_for_the_callers_own(first: str, caller: str, crossing: Crossing) -> None:
    question = Question(model=crossing.road(first, caller), prompt=PROMPT)
    for fault in ("overloaded", "cut:after=60"):
        crossing.alpha.break_with(fault, 1)
        assert crossing.ask(caller, question).text == WHOLE
    assert crossing.ask(caller, question).headers["x-mainstay-upstream"] == f"alpha-{first}"


@TO_ANOTHER_DIALECT
def test_a_translated_stream_that_is_cut_behind_its_tool_calls_gives_each_call_once(
    caller: str, kind: str, crossing: Crossing
) -> None:
    # OpenAI says only with the stop reason that the last call is complete; a call that was given is never asked for
    # again, so there it is one call that is asked for again as a whole.
    prompt = f"Look it up. [tools={1 if kind in SAYS_LATE else 2}] [text=Let me see.]"
    crossing.alpha.break_with("cut:after=9999", 1)
    mended, whole = (
        crossing.ask(caller, Question(model=crossing.road(kind), prompt=prompt, tools=True)) for _ in range(2)
    )
    assert mended.tool_calls
    assert mended.said == whole.said


@PLAIN_AND_STREAM
@TO_ANOTHER_DIALECT
def test_nothing_that_the_other_provider_says_of_itself_reaches_the_caller(
    caller: str, kind: str, *, stream: bool, crossing: Crossing
) -> None:
    question = Question(model=crossing.road(kind), prompt=PROMPT, stream=stream)
    heard = post(crossing.url, PATHS[caller], question.body(caller))
    assert heard.status == 200
    foreign = {name for name, _ in heard.headers} - OF_HTTP
    assert {name for name in foreign if not name.startswith("x-mainstay-")} == set()
    assert heard.header("x-mainstay-upstream") == f"alpha-{kind}"
    assert heard.header("x-mainstay-attempts") == "1"


def test_the_stream_itself_and_the_journal_say_what_happened(crossing: Crossing) -> None:
    exchanges = {}
    for kind in KINDS[1:]:
        question = Question(model=crossing.road("anthropic", kind), prompt=PROMPT, faults="alpha=cut:after=60")
        heard = post(crossing.url, PATHS["anthropic"], question.body("anthropic"), question.headers)
        exchange = exchanges[kind] = heard.header("x-mainstay-id")
        note = f": mainstay: begun by alpha-anthropic, continued by beta-{kind}; attempts 2; exchange {exchange}\n"
        assert note in heard.text
    records = crossing.records()
    for kind, exchange in exchanges.items():
        attempts = [one for one in records if isinstance(one, AttemptRecord) and one.exchange == exchange]
        (whole,) = (one for one in records if isinstance(one, ExchangeRecord) and one.id == exchange)
        first, second = sorted(attempts, key=lambda one: one.number)
        assert (first.dialect, first.outcome, first.fault) == ("anthropic", "continued", "cut")
        assert (second.dialect, second.upstream, second.outcome) == (kind, f"beta-{kind}", "served")
        assert second.output_tokens > 0
        assert (whole.dialect, whole.outcome, whole.recovered) == ("anthropic", "answered", 1)


def test_the_journal_says_what_was_lost_and_who_was_passed_over(crossing: Crossing) -> None:
    asked = Question(model=crossing.road("openai-responses"), prompt=PROMPT, stream=False).body("anthropic")
    lossy = crossing.post("anthropic", asked | {"top_k": 5}).header("x-mainstay-id")
    asked = Question(model=crossing.road("anthropic", "openai-responses"), prompt=PROMPT, stream=False).body(
        "anthropic"
    )
    strict = crossing.post("anthropic", asked | {"top_k": 5}, "strict").header("x-mainstay-id")
    told = {one.id: one for one in crossing.records() if isinstance(one, ExchangeRecord)}
    assert told[lossy].degraded == "alpha-openai-responses without top_k"
    assert told[strict].skipped == ("beta-openai-responses: strict: would lose top_k",)


@pytest.mark.parametrize(
    ("caller", "kind", "parameter", "named"),
    [
        ("anthropic", "openai-responses", {"top_k": 5}, "top_k"),
        ("openai-chat", "anthropic", {"frequency_penalty": 0.5}, "frequency_penalty"),
        ("openai-responses", "gemini", {"max_tool_calls": 3}, "max_tool_calls"),
    ],
)
def test_a_parameter_that_the_other_side_lacks_is_left_out_and_named(
    caller: str, kind: str, parameter: dict[str, object], named: str, crossing: Crossing
) -> None:
    body = Question(model=crossing.road(kind), prompt=PROMPT, stream=False).body(caller) | parameter
    heard = crossing.post(caller, body)
    assert heard.status == 200
    assert heard.header("x-mainstay-degraded") == f"alpha-{kind} without {named}"


@pytest.mark.parametrize(("workload", "rule"), [("strict", "strict"), ("no-substitutes", "substitutes: never")])
def test_who_wants_all_or_nothing_is_refused_and_told_why(workload: str, rule: str, crossing: Crossing) -> None:
    body = Question(model=crossing.road("openai-responses"), prompt=PROMPT, stream=False).body("anthropic")
    assert crossing.post("anthropic", body, workload).status == 200
    refused = crossing.post("anthropic", body | {"top_k": 5}, workload)
    assert refused.status == 400
    reason = f"alpha-openai-responses: {rule}: would lose top_k"
    assert reason in refused.header("x-mainstay-skipped")
    assert reason in refused.text


def test_who_wants_all_or_nothing_gets_the_own_providers_error(crossing: Crossing) -> None:
    question = Question(model=crossing.road("anthropic", "openai-responses"), prompt=PROMPT, stream=False)
    crossing.alpha.break_with("overloaded", 2, model=question.model)
    heard = crossing.post("anthropic", question.body("anthropic") | {"top_k": 5}, "strict")
    assert heard.status == 529
    assert b'"overloaded_error"' in heard.body
    assert heard.header("x-mainstay-skipped") == "beta-openai-responses: strict: would lose top_k"
