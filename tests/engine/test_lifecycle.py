"""What an ended attempt teaches: law 7, blame is explicit; gates, alerts, probes."""

import pytest

from mainstay.engine.account import Account
from mainstay.engine.allowances import Allowances
from mainstay.engine.board import Board
from mainstay.engine.breaker import BreakerState
from mainstay.engine.key import Key
from mainstay.engine.policy import ACCOUNT_GATE_SECONDS, GATE_SECONDS_DEFAULT, WAIT_SECONDS_MAX
from mainstay.engine.purse import Purse
from mainstay.engine.quantities import INPUT_TOKENS, OUTPUT_TOKENS
from mainstay.engine.windows import Span
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Price
from mainstay.model.http import Headers
from mainstay.model.identity import Allowance, Identity
from mainstay.model.records import CapacityRecord
from tests.engine.gray.provider import Provider
from tests.engine.play import Play, candidate
from tests.engine.toy import ToyDialect

TOY = ToyDialect()
ALPHA, BETA = candidate("alpha"), candidate("beta")


KEY = Key("alpha", "m", "")


@pytest.mark.parametrize(
    ("status", "moves"), [(500, True), (503, True), (529, True), (429, False), (400, False), (401, False), (404, False)]
)
def test_only_provider_faults_move_a_breaker(status: int, *, moves: bool) -> None:
    board = Board()
    for _ in range(6):
        Play(TOY, ALPHA, BETA, board=board, stream=False).answers(status)
    breaker = board.breakers().get(KEY)
    assert (breaker is not None and breaker.state is BreakerState.OPEN) is moves


def test_overload_is_no_failure_of_who_still_serves_others() -> None:
    board = Board()
    plays = [Play(TOY, ALPHA, BETA, board=board, stream=False) for _ in range(20)]
    for play in plays[:8]:
        play.expect_open("alpha")
        play.answers(529)
        play.expect_open("beta")
    assert board.breakers()[KEY].state is BreakerState.CLOSED


def test_throttling_sets_a_gate_that_other_exchanges_see() -> None:
    board = Board()
    first = Play(TOY, ALPHA, BETA, board=board)
    first.expect_open("alpha")
    first.answers(429, headers=(("retry-after", "30"),))
    first.expect_open("beta")
    second = Play(TOY, ALPHA, BETA, board=board)
    second.expect_open("beta")
    second.expect_no_open()


def test_our_credentials_are_rotated_and_an_alert_is_raised() -> None:
    rich = candidate("alpha", keys=("main", "spare"))
    play = Play(TOY, rich, BETA)
    assert play.expect_open("alpha").headers == (("key", "secret-main"),)
    play.answers(401)
    assert play.expect_open("alpha").headers == (("key", "secret-spare"),)
    play.answers(402)
    play.expect_open("beta")
    play.says("text:ok", "finish:", "end:")
    assert [(alert.kind, alert.credential) for alert in play.alerts] == [("auth", "main"), ("billing", "spare")]


def test_a_probe_counts_only_when_its_stream_has_ended_well() -> None:
    board = Board()
    for _ in range(5):
        Play(TOY, ALPHA, BETA, board=board, stream=False).answers(500)
    later = 1000.0 + 15
    play = Play(TOY, ALPHA, BETA, board=board, now=later)
    play.expect_open("alpha")
    play.says("start:", "text:hello")
    assert board.breakers()[KEY].state is BreakerState.HALF_OPEN
    other = Play(TOY, ALPHA, BETA, board=board, now=later)
    other.expect_open("beta")
    play.sends("finish:", "end:")
    play.ends()
    assert board.breakers()[KEY].state is BreakerState.CLOSED


def test_a_wait_that_nobody_can_mean_is_not_believed() -> None:
    board = Board()
    play = Play(TOY, ALPHA, BETA, board=board, dice=lambda: 0.0)
    play.answers(429, headers=(("retry-after", "1000000"),))
    assert board.gates(play.now)[KEY].until == play.now + WAIT_SECONDS_MAX


@pytest.mark.parametrize(("headers", "seconds"), [((), GATE_SECONDS_DEFAULT), ((("retry-after", "0"),), 0.001)])
def test_throttling_always_sets_a_gate(headers: Headers, seconds: float) -> None:
    board = Board()
    play = Play(TOY, ALPHA, BETA, board=board, dice=lambda: 0.0)
    play.answers(429, headers=headers)
    assert board.gates(play.now)[KEY].until == pytest.approx(play.now + seconds)


def test_account_trouble_of_a_credential_holds_for_every_model_until_somebody_acts() -> None:
    board = Board()
    play = Play(TOY, candidate("alpha", keys=("main",)), BETA, board=board)
    play.answers(401)
    gate = board.gates(play.now)[Key("alpha", "", "main")]
    assert gate.until == play.now + ACCOUNT_GATE_SECONDS
    assert not gate.strict


def test_a_passing_fault_rests_with_jitter_before_it_is_tried_again() -> None:
    play = Play(TOY, ALPHA, dice=lambda: 0.5)
    play.expect_open("alpha")
    play.answers(503)
    play.expect_no_open()
    assert play.until == play.now + 0.25


def test_each_change_of_a_breaker_is_a_record_of_its_own() -> None:
    board = Board()
    records = []
    for _ in range(5):
        play = Play(TOY, ALPHA, BETA, board=board, stream=False)
        play.answers(500)
        records += play.breaker_records
    probe = Play(TOY, ALPHA, BETA, board=board, stream=False, now=1015.0)
    probe.answers(200)
    records += probe.breaker_records
    assert [(record.state, record.reason) for record in records] == [
        ("open", "server"),
        ("half-open", "open time is over"),
        ("closed", "an attempt ended well"),
    ]
    assert len({record.id for record in probe.breaker_records}) == 2


def test_a_caller_who_leaves_frees_the_probe_and_only_the_probe() -> None:
    board = Board()
    early = Play(TOY, ALPHA, BETA, board=board)
    for _ in range(5):
        Play(TOY, ALPHA, BETA, board=board, stream=False).answers(500)
    probe = Play(TOY, ALPHA, BETA, board=board, now=1015.0)
    probe.expect_open("alpha")
    early.leaves()
    assert board.breakers()[KEY].state is BreakerState.HALF_OPEN
    probe.leaves()
    assert board.breakers()[KEY].state is BreakerState.OPEN
    assert board.breakers()[KEY].admits(1016.0)


# What an attempt costs


def bounded(dollars: float = 1.0) -> tuple[Allowances, Purse]:
    """A tenant with an allowance, and the purse of one exchange."""
    allowances = Allowances("a", 1)
    purse = allowances.admit(Identity("local"), Allowance(usd_per_day=dollars), 1000.0)
    assert isinstance(purse, Purse)
    return allowances, purse


def account_of(allowances: Allowances) -> Account:
    return allowances.meters.account("tenant:local", 1000.0)


def spent_by(allowances: Allowances) -> int:
    return account_of(allowances).spent[Span.DAY].total(0)


PRICED = candidate("alpha", price=Price(input=100, output=1_000, cached_input=10, cache_write=125))
SPARE = candidate("beta", price=Price(input=200, output=2_000, cached_input=20, cache_write=250))


def test_an_attempt_is_reserved_when_it_starts_and_settled_when_it_ends() -> None:
    allowances, purse = bounded()
    play = Play(TOY, PRICED, purse=purse, input_tokens=10, max_output_tokens=50)
    assert account_of(allowances).own_held == 10 * 125 + 50 * 1_000
    play.says("text:hello", "usage:10,3,4,2,1", "finish:", "end:")
    play.ends()
    assert account_of(allowances).own_held == 0
    cost = 4 * 100 + 4 * 10 + 2 * 125 + 3 * 1_000
    assert (spent_by(allowances), play.attempt_records[0].cost_nanodollars) == (cost, cost)
    told = play.exchange_record
    assert (told.cost_nanodollars, told.cache_write_tokens, told.reasoning_tokens) == (cost, 2, 1)
    assert (told.token, told.usage_estimated) == ("tk_1", False)


def test_a_plain_answer_is_settled_too() -> None:
    allowances, purse = bounded()
    play = Play(TOY, PRICED, purse=purse, stream=False)
    play.answers(200)
    assert spent_by(allowances) == 3 * 100 + 5 * 1_000 == play.exchange_record.cost_nanodollars


def test_each_attempt_is_paid_for_and_an_error_is_free() -> None:
    allowances, purse = bounded()
    play = Play(TOY, PRICED, SPARE, purse=purse)
    play.answers(503)
    play.expect_open("alpha")
    play.expect_open("beta")
    play.says("text:hello", "usage:10,3", "finish:", "end:")
    play.ends()
    assert [record.cost_nanodollars for record in play.attempt_records] == [0, 10 * 200 + 3 * 2_000]
    assert spent_by(allowances) == 8_000


def test_a_stream_that_is_cut_and_continued_is_paid_twice_as_far_as_it_was_heard() -> None:
    allowances, purse = bounded()
    play = Play(TOY, PRICED, SPARE, purse=purse, input_tokens=10)
    play.says("text:one two three four five six seven ")
    play.breaks()
    play.expect_open("alpha")
    play.expect_open("beta")
    play.says("text:eight", "finish:", "end:")
    play.ends()
    first, second = play.attempt_records
    assert (first.outcome, first.usage_estimated, first.input_tokens, first.output_tokens) == ("continued", True, 10, 8)
    assert (second.usage_estimated, second.input_tokens) == (True, 10 + 34 // 4)
    assert spent_by(allowances) == play.exchange_record.cost_nanodollars
    assert play.exchange_record.cost_nanodollars == (first.cost_nanodollars or 0) + (second.cost_nanodollars or 0)


def test_who_leaves_has_paid_for_what_was_made_until_then() -> None:
    allowances, purse = bounded()
    play = Play(TOY, PRICED, purse=purse, input_tokens=10)
    play.says("text:" + "x" * 40)
    play.leaves()
    assert spent_by(allowances) == 10 * 100 + 10 * 1_000
    assert play.exchange_record.usage_estimated
    assert account_of(allowances).own_held == 0


def test_reasoning_and_tool_calls_that_nobody_counted_are_estimated_by_their_events() -> None:
    play = Play(TOY, PRICED, input_tokens=10)
    play.says("start:", "think:hm", "think:hm", "tool:call", "tool-end:", "text:12345678")
    play.breaks()
    assert play.attempt_records[0].output_tokens == 4 + 2


def test_a_model_without_a_price_raises_one_alert_for_all_exchanges() -> None:
    allowances, purse = bounded()
    first = Play(TOY, ALPHA, purse=purse)
    assert [(alert.kind, alert.upstream, alert.model) for alert in first.alerts] == [("no-price", "alpha", "m")]
    first.says("text:hello", "finish:", "end:")
    first.ends()
    again = allowances.admit(Identity("local"), Allowance(usd_per_day=1.0), 1000.0)
    assert isinstance(again, Purse)
    assert Play(TOY, ALPHA, purse=again).alerts == []
    assert first.exchange_record.cost_nanodollars is None


def test_nothing_is_held_for_an_exchange_that_is_dropped() -> None:
    allowances, purse = bounded()
    play = Play(TOY, PRICED, purse=purse)
    assert account_of(allowances).own_held > 0
    play._exchange.close()
    assert account_of(allowances).own_held == 0


# Tokens by the minute


def tokens_used(allowances: Allowances) -> tuple[int, int]:
    account = account_of(allowances)
    return account.used_around(INPUT_TOKENS, 16)[0], account.used_around(OUTPUT_TOKENS, 16)[0]


def test_what_an_exchange_used_takes_the_place_of_what_it_was_expected_to_use() -> None:
    allowances, bound = Allowances("a", 1), Allowance(input_tokens_per_minute=100, output_tokens_per_minute=100)
    call = Call("toy", CallKind.ANSWER, "/", "m", stream=True, headers=(), body=b"", estimated_input_tokens=70)
    purse = allowances.admit(Identity("local"), bound, 1000.0, call)
    assert isinstance(purse, Purse)
    assert tokens_used(allowances) == (70, 512)
    play = Play(TOY, ALPHA, BETA, purse=purse)
    play.answers(500)
    play.says("text:hello", "usage:10,3,4,2,1", "finish:", "end:")
    play.ends()
    assert tokens_used(allowances) == (10 - 4, 3)
    assert play.alerts == [], "whom no money binds needs no price"


def test_a_suspicion_is_written_down_when_it_begins_and_when_it_is_over() -> None:
    board = Board()
    Provider(board.watch, KEY).becomes_suspect(1000.0)
    play = Play(TOY, ALPHA, board=board, now=1031.0)
    play.after(1.0)
    play.says("text:ok", "finish:", "end:")
    play.ends()
    (record,) = [record for record in play.records if isinstance(record, CapacityRecord)]
    assert (record.what, record.upstream, record.model, record.state) == ("suspect", "alpha", "m", "over")
    assert (record.reason, record.exchange) == ("too few answers to prove it any more", "ex_1")
