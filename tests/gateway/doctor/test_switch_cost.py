from mainstay.gateway.doctor.switch_cost import cost_check
from mainstay.model.catalogue import Price
from mainstay.model.frame import Usage
from tests.gateway.doctor.wards import candidate, load

CHEAP = Price(1_000, 5_000, 100, 1_250)
DEAR = Price(2_000, 10_000, 200, 2_500)
FIRST = candidate("alpha", price=CHEAP)
STANDBY = candidate("beta", price=DEAR)
HOUR = load(usage=Usage(1_000_000, 200_000, 900_000, cache_write_tokens=50_000))


def test_a_switch_costs_the_full_price_for_what_was_cached() -> None:
    found = cost_check(STANDBY, FIRST, HOUR)
    # Before: 50,000 fresh + 90,000 cached + 62,500 written + 1,000,000 out microdollars = $1.20. After: $2 + $2.
    assert found.outcome == "ok"
    assert found.words == (
        "$4.00 an hour at the last hour's tokens, 3.3 times the first choice ($1.20); 900,000 cached input tokens at "
        "the full price, for its cache is cold"
    )


def test_without_cached_tokens_nothing_is_said_of_caches() -> None:
    words = cost_check(STANDBY, FIRST, load(usage=Usage(1_000_000, 200_000))).words
    assert words == "$4.00 an hour at the last hour's tokens, 2 times the first choice ($2.00)"


def test_a_shorter_time_is_made_an_hour() -> None:
    words = cost_check(STANDBY, FIRST, load(usage=Usage(1_000_000, 200_000), seconds=600)).words
    assert words.startswith("$24.00 an hour")


def test_the_first_choice_is_compared_with_nobody() -> None:
    assert cost_check(FIRST, FIRST, HOUR).words == (
        "$1 in, $5 out per million tokens; $1.20 an hour at the last hour's tokens"
    )
    assert cost_check(FIRST, FIRST, None).words == "$1 in, $5 out per million tokens"


def test_without_a_load_prices_are_set_side_by_side() -> None:
    assert cost_check(STANDBY, FIRST, None).words == (
        "$2 in, $10 out per million tokens; the first choice $1 in, $5 out; no requests of the last hour to reckon with"
    )
    same = candidate("beta", price=CHEAP)
    assert "; as the first choice; " in cost_check(same, FIRST, None).words


def test_without_prices_as_much_is_said_as_is_known() -> None:
    unpriced = candidate("alpha")
    found = cost_check(unpriced, FIRST, HOUR)
    assert (found.outcome, found.words) == ("unknown", "no price is known: add alpha/claude to prices")
    assert cost_check(STANDBY, unpriced, HOUR).words.startswith("$4.00 an hour at the last hour's tokens; 900,000")
    assert "first choice" not in cost_check(STANDBY, unpriced, None).words
