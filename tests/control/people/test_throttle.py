from hypothesis import given
from hypothesis import strategies as st

from mainstay.control.people.throttle import ACCOUNT_PACE, ADDRESS_PACE, FORGET_SECONDS, Throttle

HERE, THERE = "192.0.2.1", "198.51.100.1"


class Scene:
    """A throttle and its clock."""

    def __init__(self, entries_max: int = 100) -> None:
        self.now = 0.0
        self.throttle = Throttle(lambda: self.now, entries_max)

    def fail(self, times: int, address: str = HERE, browser: str = "") -> list[float]:
        """Fail so often, waiting as told; gives the pauses before each try."""
        pauses = []
        for _ in range(times):
            pause = self.throttle.begin("ann", address, browser)
            self.now += pause
            if pause:
                assert self.throttle.begin("ann", address, browser) == 0
            pauses.append(pause)
        return pauses


def test_the_first_failures_are_free_and_then_pauses_double_up_to_a_bound() -> None:
    assert Scene().fail(14) == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_try_that_is_refused_does_not_make_the_pause_longer() -> None:
    scene = Scene()
    scene.fail(ACCOUNT_PACE.free)
    for _ in range(50):
        assert scene.throttle.begin("ann", HERE) == 1
    scene.now += 1
    assert scene.throttle.begin("ann", HERE) == 0


def test_one_address_that_tries_many_names_is_throttled() -> None:
    scene = Scene()
    for number in range(ADDRESS_PACE.free):
        assert scene.throttle.begin(f"name{number}", HERE) == 0
    assert scene.throttle.begin("another", HERE) > 0
    assert scene.throttle.begin("another", THERE) == 0


def test_one_name_that_is_tried_from_many_addresses_is_throttled() -> None:
    scene = Scene()
    for number in range(ACCOUNT_PACE.free):
        assert scene.throttle.begin("ann", f"192.0.2.{number}") == 0
    assert scene.throttle.begin("ann", THERE) > 0


def test_the_addresses_of_one_ipv6_customer_count_as_one() -> None:
    scene = Scene()
    for number in range(ADDRESS_PACE.free):
        assert scene.throttle.begin(f"name{number}", f"2001:db8::{number:x}") == 0
    assert scene.throttle.begin("another", "2001:db8::ffff") > 0
    assert scene.throttle.begin("another", "2001:db8:0:1::1") == 0


def test_tries_that_run_side_by_side_are_not_all_free() -> None:
    scene = Scene()
    allowed = [scene.throttle.begin("ann", f"192.0.2.{number}") == 0 for number in range(50)]
    assert sum(allowed) == ACCOUNT_PACE.free


def test_a_login_clears_the_account_and_leaves_the_addresss_other_failures() -> None:
    scene = Scene()
    for number in range(ADDRESS_PACE.free - 1):
        scene.throttle.begin(f"name{number}", HERE)
    assert scene.throttle.begin("ann", HERE) == 0
    scene.throttle.succeeded("ann", HERE)
    assert scene.throttle.begin("ann", HERE) == 0
    assert scene.throttle.begin("bob", HERE) == 1


def test_failures_are_forgotten() -> None:
    scene = Scene()
    scene.fail(ACCOUNT_PACE.free + 3)
    scene.now += FORGET_SECONDS
    assert scene.fail(ACCOUNT_PACE.free) == [0] * ACCOUNT_PACE.free


def test_strangers_cannot_keep_out_who_logged_in_with_this_browser_before() -> None:
    scene = Scene()
    for number in range(40):
        scene.throttle.begin("ann", f"192.0.2.{number}")
    assert scene.throttle.begin("ann", HERE) > 0
    assert scene.throttle.begin("ann", HERE, "her browser") == 0
    assert scene.fail(ACCOUNT_PACE.free, browser="her browser")[-1] > 0


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3), st.text(max_size=2)), max_size=60))
def test_tables_are_bounded(tries: list[tuple[str, str, str]]) -> None:
    scene = Scene(entries_max=5)
    for account, address, browser in tries:
        scene.throttle.begin(account, address, browser)
    assert len(scene.throttle) <= 15


def test_years_of_failures_overflow_nothing() -> None:
    scene = Scene()
    for number in range(3_000):
        scene.now += 60
        scene.throttle.begin("ann", f"192.0.2.{number % 200}")
    assert scene.throttle.begin("ann", THERE) <= ACCOUNT_PACE.pause_seconds_max
