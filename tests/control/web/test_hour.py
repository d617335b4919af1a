from mainstay.control.web.hour import hour_numbers
from mainstay.ops.tallies.tally import ExchangeTally, bucket_of


def test_all_tallies_are_added_up() -> None:
    fast, slow = {bucket_of(0.1): 99}, {bucket_of(8.0): 1}
    one = ExchangeTally(exchanges=100, answered=99, left=1, rescued=3, cost_nanodollars=5, first_content=fast)
    other = ExchangeTally(exchanges=4, answered=1, failed=1, refused=2, cost_nanodollars=7, first_content=slow)
    numbers = hour_numbers([one, other])
    assert (numbers.exchanges, numbers.answered, numbers.failed, numbers.rescued) == (104, 100, 1, 3)
    assert numbers.cost_nanodollars == 12
    assert numbers.answered_percent == 100 * 100 / 101
    assert numbers.first_content_p50_seconds is not None
    assert 0.08 < numbers.first_content_p50_seconds < 0.12


def test_of_nothing_nothing_is_told() -> None:
    numbers = hour_numbers([])
    assert (numbers.exchanges, numbers.answered_percent, numbers.first_content_p95_seconds) == (0, None, None)
