"""The exchange as a whole: laws 8 to 11."""

from msgspec.structs import replace

from mainstay.engine.allowances import Allowances
from mainstay.engine.board import Board
from mainstay.engine.purse import Purse
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Candidate, Credential, Price, Workload
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers
from mainstay.model.identity import Allowance, Identity
from tests.engine.play import Play, candidate
from tests.engine.toy import ToyDialect


class Windowed(ToyDialect):
    """413 means: too long."""

    def classify(self, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
        fault = super().classify(status, headers, body, wall)
        return replace(fault, kind=FaultKind.CONTEXT) if status == 413 else fault


TOY, WINDOWED = ToyDialect(), Windowed()
ALPHA, BETA = candidate("alpha"), candidate("beta")


def test_at_most_two_attempts_per_upstream() -> None:
    play = Play(TOY, ALPHA, stream=False)
    for _ in range(2):
        play.expect_open("alpha")
        play.answers(500)
        play.after(2)
    play.expect_no_open()
    assert play.reply is not None
    assert (play.reply.status, play.reply.body) == (500, b"words of the provider")


def test_a_retry_after_is_a_floor() -> None:
    play = Play(TOY, ALPHA)
    play.expect_open("alpha")
    play.answers(429, headers=(("retry-after", "4"),))
    play.after(4)
    play.expect_no_open()
    play.after(0.9)
    play.expect_open("alpha")


def test_a_retry_after_beyond_the_deadline_is_passed_on() -> None:
    play = Play(TOY, ALPHA, workload=Workload(deadline_seconds=60))
    play.expect_open("alpha")
    play.answers(429, headers=(("retry-after", "90"),))
    assert play.reply is not None
    assert play.reply.status == 429
    assert play.reply.body == b"words of the provider"


def test_the_retry_budget_binds_repetitions() -> None:
    board = Board()
    opened = 0
    for _ in range(50):
        play = Play(TOY, ALPHA, board=board, stream=False)
        while not play.over:
            if len(play.opened) > play._expected:
                play.expect_open("alpha")
                play.answers(500)
            else:
                play.after(2)
        opened += len(play.opened)
    assert opened <= 50 + 10 + 50 * 0.1


def test_a_single_candidate_with_an_open_breaker_is_still_tried() -> None:
    board = Board()
    for _ in range(5):
        Play(TOY, ALPHA, BETA, board=board, stream=False).answers(500)
    play = Play(TOY, ALPHA, board=board, stream=False)
    play.expect_open("alpha")
    play.answers(200)
    assert play.attempt_records[0].chosen == "last resort (breaker open)"
    assert play.exchange_record.outcome == "answered"


def test_nobody_of_the_callers_dialect_is_a_clear_fault() -> None:
    play = Play(TOY)
    assert play.reply is not None
    assert play.reply.status == 503
    assert play.result is not None
    assert play.result.kind is FaultKind.NO_CANDIDATE


def test_the_caller_learns_who_served_and_what_was_absorbed() -> None:
    play = Play(TOY, ALPHA, BETA, stream=False)
    play.expect_open("alpha")
    play.answers(529)
    play.expect_open("beta")
    play.answers(200)
    headers = dict(play.headers)
    assert headers["x-mainstay-id"] == "ex_1"
    assert headers["x-mainstay-upstream"] == "beta"
    assert headers["x-mainstay-attempts"] == "2"
    assert headers["x-mainstay-degraded"] == "alpha: overload"
    assert play.exchange_record.absorbed == ("alpha: overload",)
    assert [record.outcome for record in play.attempt_records] == ["failed", "served"]


# Crossings and abilities


def test_who_cannot_serve_is_skipped_and_the_caller_learns_why() -> None:
    play = Play(TOY, candidate("alpha"), candidate("beta"), unfit={"beta": "no images"}, stream=False)
    for _ in range(2):
        play.expect_open("alpha")
        play.answers(529)
        play.after(20)
    assert play.status == 529
    assert ("x-mainstay-skipped", "beta: no images") in play.headers
    assert play.exchange_record.skipped == ("beta: no images",)


def test_when_nobody_can_serve_the_error_says_who_and_why() -> None:
    play = Play(TOY, candidate("alpha"), unfit={"alpha": "context window of 9 tokens"}, stream=False)
    play.expect_no_open()
    assert play.result is not None
    assert "alpha: context window of 9 tokens" in play.result.message


def test_who_cannot_be_told_the_request_is_skipped_without_an_attempt() -> None:
    play = Play(TOY, candidate("alpha"), candidate("beta"), mute={"alpha": "images by URL"}, stream=False)
    play.expect_open("beta")
    play.answers(200, b"fine")
    assert dict(play.headers)["x-mainstay-attempts"] == "1"
    assert dict(play.headers)["x-mainstay-degraded"] == "alpha: images by URL"


def test_when_nobody_can_be_told_the_request_the_error_says_why() -> None:
    play = Play(TOY, candidate("alpha"), mute={"alpha": "images by URL"}, stream=False)
    play.expect_no_open()
    assert play.result is not None
    assert (play.result.kind, "alpha: images by URL" in play.result.message) == (FaultKind.NO_CANDIDATE, True)


def test_what_the_server_of_an_answer_lacked_is_disclosed() -> None:
    play = Play(TOY, candidate("alpha"), losses={"alpha": ("seed", "top_k")}, stream=False)
    play.answers(200, b"fine")
    assert dict(play.headers)["x-mainstay-degraded"] == "alpha without seed, top_k"
    assert play.exchange_record.degraded == "alpha without seed, top_k"


def test_a_translated_request_that_is_refused_says_nothing_about_the_request() -> None:
    play = Play(TOY, candidate("delta", dialect="other"), candidate("alpha"), stream=False)
    play.expect_open("delta")
    play.answers(400)
    play.expect_open("alpha")
    play.answers(200, b"fine")
    assert play.status == 200
    assert [alert.upstream for alert in play.alerts] == ["delta"]
    assert "translated" in play.alerts[0].message


def test_a_count_of_tokens_is_estimated_when_nobody_counts() -> None:
    play = Play(TOY, candidate("alpha"), stream=False, kind=CallKind.COUNT_TOKENS)
    for _ in range(2):
        play.answers(503)
        play.after(20)
    assert play.reply is not None
    assert play.reply.body == b"about nine"
    assert dict(play.headers)["x-mainstay-degraded"] == "estimated without a model"
    assert play.exchange_record.outcome == "answered"


def test_a_count_of_tokens_that_the_caller_got_wrong_is_not_estimated() -> None:
    play = Play(TOY, candidate("alpha"), stream=False, kind=CallKind.COUNT_TOKENS)
    play.answers(422)
    assert play.status == 422


class NoTokens:
    def __init__(self) -> None:
        self.refused: list[str] = []

    def living(self, upstream: str, credential: Credential, wall: float) -> str | None:
        return None if upstream == "alpha" else "token"

    def rejected(self, upstream: str, credential: Credential) -> None:
        self.refused.append(f"{upstream}/{credential.name}")


def renewed(name: str) -> Candidate:
    one = candidate(name)
    upstream = replace(one.upstream, credentials=(Credential("cloud", "{}", renewed=True),))
    return replace(one, upstream=upstream)


def test_an_upstream_without_a_living_token_is_passed_over() -> None:
    play = Play(TOY, renewed("alpha"), renewed("beta"), keys=NoTokens(), stream=False)
    opened = play.expect_open("beta")
    assert opened.headers == (("key", "token"),)
    play.answers(200, b"fine")
    assert dict(play.headers)["x-mainstay-degraded"] == "alpha: auth"


def test_a_token_that_is_refused_is_renewed() -> None:
    keys = NoTokens()
    play = Play(TOY, renewed("beta"), candidate("gamma"), keys=keys, stream=False)
    play.answers(401)
    assert keys.refused == ["beta/cloud"]


def test_an_identity_service_that_gave_nothing_is_no_401() -> None:
    play = Play(TOY, renewed("alpha"), keys=NoTokens(), stream=False)
    play.expect_no_open()
    assert play.result is not None
    assert (play.result.kind, play.result.code) == (FaultKind.AUTH, "no_living_token")


def test_what_is_too_long_for_one_window_may_fit_a_larger_one() -> None:
    small, large, unknown = (
        candidate("small", context_tokens=8),
        candidate("large", context_tokens=99),
        candidate("odd"),
    )
    play = Play(WINDOWED, small, unknown, large, stream=False)
    play.expect_open("small")
    play.answers(413)
    play.expect_open("large")
    play.answers(200, b"fine")
    assert play.status == 200


def test_what_is_too_long_for_the_largest_window_is_told_at_once() -> None:
    play = Play(WINDOWED, candidate("large", context_tokens=99), candidate("small", context_tokens=8), stream=False)
    play.expect_open("large")
    play.answers(413)
    play.expect_no_open()
    assert play.status == 413


class Sealing(ToyDialect):
    """422 means: reasoning of earlier turns that cannot be read here."""

    def classify(self, status: int, headers: Headers, body: bytes, wall: float) -> Fault:
        fault = super().classify(status, headers, body, wall)
        return replace(fault, kind=FaultKind.SEALED) if status == 422 else fault


def test_reasoning_that_cannot_be_read_here_is_worth_a_second_try_at_once() -> None:
    play = Play(Sealing(), candidate("alpha"), stream=False)
    play.expect_open("alpha")
    play.answers(422)
    play.after(2)
    play.expect_open("alpha")
    play.answers(200, b"fine")
    assert play.status == 200
    assert play.breaker_records == []


# What it may cost (docs/costs.md)

PRICED = candidate("alpha", price=Price(0, 10**9, 0, 0))
CHEAP = candidate("beta", price=Price(0, 1, 0, 0), substitute=True)


def purse(used_up: int) -> Purse:
    """Of a tenant that may spend a dollar a day, and holds this much already."""
    allowances = Allowances("a", 1)
    purses = [allowances.admit(Identity("local"), Allowance(usd_per_day=1.0), 1000.0) for _ in range(2)]
    held, free = purses
    assert isinstance(held, Purse)
    assert isinstance(free, Purse)
    held.reserve(1, PRICED, replace(ANY_CALL, max_output_tokens=used_up), 1000.0)
    return free


ANY_CALL = Call("toy", CallKind.ANSWER, "/ask", "m", stream=True, headers=(), body=b"")


def test_an_exchange_that_may_cost_more_than_is_left_does_not_begin() -> None:
    for first in (PRICED, replace(PRICED, substitute=True)):
        play = Play(TOY, first, CHEAP, purse=purse(1), max_output_tokens=5)
        play.expect_no_open()
        assert play.result is not None
        assert (play.result.kind, play.result.code, play.status) == (FaultKind.ALLOWANCE, "usd_per_day", 429)
        told = play.exchange_record
        assert (told.outcome, told.fault, told.fault_code, told.attempts) == ("refused", "allowance", "usd_per_day", 0)
        assert told.cost_nanodollars is None
        assert play.attempt_records == []


def test_one_that_has_begun_goes_on_whatever_it_costs() -> None:
    play = Play(TOY, CHEAP, PRICED, purse=purse(0), max_output_tokens=5)
    play.expect_open("beta")
    play.answers(529)
    play.expect_open("alpha")


def test_one_that_fits_begins() -> None:
    play = Play(TOY, PRICED, purse=purse(0), max_output_tokens=1)
    play.expect_open("alpha")
