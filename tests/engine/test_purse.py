"""Reserve, then settle: what an exchange may spend."""

import pytest

from mainstay.engine.account import Account
from mainstay.engine.peers import Peers
from mainstay.engine.purse import UNDER_WAY_SECONDS, Bound, Party, Purse, spent
from mainstay.engine.windows import Span
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Price
from mainstay.model.fault import FaultKind
from tests.engine.play import candidate

WALL = 1_772_448_540.0
DAY = 86_400.0
ALPHA = candidate("alpha", price=Price(1, 10, 1, 1))
FREE = candidate("free")
CALL = Call("toy", CallKind.ANSWER, "/", "m", stream=True, headers=(), body=b"", max_output_tokens=9)
ESTIMATE = 90
"""Nine tokens of output at ten nanodollars each."""


class Pages:
    """A book that remembers."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, int]] = []
        self.spent_at: list[float] = []
        self.told: list[str] = []

    def reserve(self, party: Party, amount: int) -> None:
        party.account.reserved += amount
        self.lines.append(("reserve", party.subject, amount))

    def release(self, party: Party, amount: int) -> None:
        party.account.released += amount
        self.lines.append(("release", party.subject, amount))

    def spend(self, party: Party, amount: int, wall: float) -> None:
        for counters in party.account.spent.values():
            counters.add(0, "a", amount)
        self.lines.append(("spend", party.subject, amount))
        self.spent_at.append(wall)

    def without_price(self, upstream: str, model: str) -> bool:
        self.told.append(f"{upstream}/{model}")
        return len(self.told) == 1


class Payer:
    """A tenant with a day's limit, and his book."""

    def __init__(self, limit: int = 1_000) -> None:
        self.peers = Peers("a")
        self.account = Account("a", self.peers)
        self.book = Pages()
        self.bound = Bound("tenant 'x'", self.account, Span.DAY, limit)
        self.party = Party("tenant:x", self.account)

    def purse(self) -> Purse:
        return Purse(self.book, (self.bound,), (self.party,))

    def spend(self, amount: int) -> None:
        self.account.spent[Span.DAY].add(int(WALL // DAY), "a", amount)


def test_an_attempt_is_reserved_and_then_settled() -> None:
    payer = Payer()
    purse = payer.purse()
    assert purse.refusal(ALPHA, CALL, WALL) is None
    assert not purse.reserve(1, ALPHA, CALL, WALL)
    assert payer.account.own_held == ESTIMATE
    purse.settle(1, 42)
    assert payer.book.lines == [
        ("reserve", "tenant:x", ESTIMATE),
        ("release", "tenant:x", ESTIMATE),
        ("spend", "tenant:x", 42),
    ]


def test_the_first_attempt_is_refused_where_it_does_not_fit_beside_others() -> None:
    payer = Payer(limit=ESTIMATE + ESTIMATE - 1)
    payer.purse().reserve(1, ALPHA, CALL, WALL)
    fault = payer.purse().refusal(ALPHA, CALL, WALL)
    assert fault is not None
    assert (fault.kind, fault.status, fault.code, fault.wait_seconds) == (
        FaultKind.ALLOWANCE,
        429,
        "usd_per_day",
        UNDER_WAY_SECONDS,
    )
    assert "tenant 'x' has $8.9e-08 left of $1.79e-07 per day here, and" in fault.message
    assert "or wait until 2026-03-03 00:00 UTC" in fault.message


def test_a_small_remainder_may_be_used_by_one_exchange_at_a_time() -> None:
    payer = Payer()
    payer.spend(999)
    first, second = payer.purse(), payer.purse()
    assert first.refusal(ALPHA, CALL, WALL) is None
    first.reserve(1, ALPHA, CALL, WALL)
    assert second.refusal(ALPHA, CALL, WALL) is not None
    first.settle(1, 0)
    assert second.refusal(ALPHA, CALL, WALL) is None


def test_nothing_left_is_nothing_for_anybody() -> None:
    payer = Payer()
    payer.spend(1_000)
    assert payer.purse().refusal(ALPHA, CALL, WALL) is not None


def test_in_silence_the_message_says_whose_sake_it_is_for() -> None:
    payer = Payer()
    payer.peers.heard(("b",), WALL)
    payer.peers.heard((), WALL)
    payer.spend(1_000)
    fault = payer.purse().refusal(ALPHA, CALL, WALL)
    assert fault is not None
    assert "for other gateways cannot be heard and keep a share" in fault.message


def test_what_costs_nothing_always_fits() -> None:
    payer = Payer()
    payer.spend(5_000)
    gift = candidate("gift", price=Price(0, 0, 0, 0))
    assert payer.purse().refusal(gift, CALL, WALL) is None


def test_later_attempts_are_never_refused() -> None:
    payer = Payer(limit=ESTIMATE)
    purse = payer.purse()
    for number in (1, 2, 3):
        purse.reserve(number, ALPHA, CALL, WALL)
    assert payer.account.own_held == 3 * ESTIMATE
    purse.close()
    assert payer.account.own_held == 0


def test_a_model_without_a_price_is_told_of_and_let_through() -> None:
    payer = Payer()
    payer.spend(5_000)
    purse = payer.purse()
    assert purse.refusal(FREE, CALL, WALL) is None
    assert purse.reserve(1, FREE, CALL, WALL)
    assert not purse.reserve(2, FREE, CALL, WALL)
    purse.settle(1, None)
    assert payer.book.told == ["free/m", "free/m"]
    assert not any(what == "spend" for what, _, _ in payer.book.lines)


def test_a_tenant_and_a_token_pay_when_their_attempt_began() -> None:
    payer = Payer()
    token = Party("token:t", Account("a", payer.peers))
    purse = Purse(payer.book, (payer.bound,), (payer.party, token))
    purse.reserve(1, ALPHA, CALL, WALL + DAY)
    purse.settle(1, 42)
    assert payer.book.spent_at == [WALL + DAY, WALL + DAY]


def test_what_was_settled_or_closed_is_not_settled_again() -> None:
    payer = Payer()
    purse = payer.purse()
    purse.reserve(1, ALPHA, CALL, WALL)
    purse.settle(1, 42)
    purse.settle(1, 42)
    purse.close()
    purse.settle(2, 42)
    assert [amount for what, _, amount in payer.book.lines if what == "spend"] == [42]
    assert payer.account.own_held == 0


def test_a_purse_serves_a_revival_too() -> None:
    payer = Payer()
    purse = payer.purse()
    purse.reserve(1, ALPHA, CALL, WALL)
    purse.close()
    purse.reserve(1, ALPHA, CALL, WALL)
    purse.settle(1, 7)
    assert payer.book.lines[-1] == ("spend", "tenant:x", 7)


@pytest.mark.parametrize(
    ("span", "code", "text"),
    [
        (Span.DAY, "usd_per_day", "$50.00 per day. Wait until 2026-03-03 00:00 UTC"),
        (Span.MONTH, "usd_per_month", "$50.00 per month. Wait until 2026-04-01 00:00 UTC"),
    ],
)
def test_who_has_spent_everything_learns_until_when(span: Span, code: str, text: str) -> None:
    fault = spent(Bound("token 'ci'", Account("a", Peers("a")), span, 50_000_000_000), WALL)
    assert (fault.kind, fault.status, fault.code, fault.wait_seconds) == (FaultKind.ALLOWANCE, 429, code, None)
    assert (
        fault.message
        == f"token 'ci' has used its allowance of {text}, or ask the operator of this gateway for a larger one."
    )


def test_what_fits_exactly_fits() -> None:
    payer = Payer(limit=2 * ESTIMATE)
    payer.purse().reserve(1, ALPHA, CALL, WALL)
    assert payer.purse().refusal(ALPHA, CALL, WALL) is None


def test_an_attempt_is_reserved_once() -> None:
    payer = Payer()
    purse = payer.purse()
    purse.reserve(1, ALPHA, CALL, WALL)
    purse.reserve(1, ALPHA, CALL, WALL)
    assert payer.account.own_held == ESTIMATE


def test_what_was_estimated_for_one_candidate_is_not_held_for_another() -> None:
    payer = Payer()
    purse = payer.purse()
    assert purse.refusal(ALPHA, CALL, WALL) is None
    purse.reserve(1, candidate("beta", price=Price(1, 20, 1, 1)), CALL, WALL)
    assert payer.account.own_held == 2 * ESTIMATE
    assert purse.reserve(1, FREE, CALL, WALL), "whose model has no price"
    assert payer.account.own_held == 0
