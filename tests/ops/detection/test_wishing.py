from mainstay.model.components import Component
from mainstay.ops.detection.topology import Topology, UpstreamPlace
from mainstay.ops.detection.values import State
from mainstay.ops.detection.watches import Watches
from mainstay.ops.detection.wishing import WISHES_MAX, wishes_of
from tests.ops.detection.samples import NOW, OPUS, WHOLE, feed, watches


def wishes(known: Watches, wall: float = NOW) -> list[tuple[str, str]]:
    return [(one.component, one.reason) for one in wishes_of(known, wall)]


def all_seen(at: float = NOW) -> Watches:
    known = watches()
    for watch in known:
        watch.series.last_at = at
    return known


def put(known: Watches, component: Component, state: State, last_at: float = NOW) -> None:
    watch = known.of(component)
    assert watch is not None
    watch.condition.state, watch.series.last_at = state, last_at


def test_what_is_seen_needs_no_probe() -> None:
    assert wishes(all_seen()) == []


def test_what_nobody_asks_is_asked_by_us() -> None:
    known = all_seen()
    assert wishes(known, NOW + 301) == [
        ("upstream:claude#admin", "admin"),
        ("upstream:claude#login", "login"),
        ("upstream:openai#admin", "admin"),
    ]
    assert {reason for _, reason in wishes(known, NOW + 901)} == {"admin", "login", "thin"}
    assert len(wishes(known, NOW + 901)) == 6


def test_a_suspicion_is_looked_into_and_a_recovery_too() -> None:
    known = all_seen()
    put(known, OPUS, "suspected", NOW - 20)
    put(known, Component("openai", "gpt"), "ill", NOW - 40)
    put(known, Component("claude", "haiku"), "recovering", NOW - 10)
    assert wishes(known) == [("upstream:openai/gpt", "recovery"), ("upstream:claude/opus", "suspect")]


def test_an_upstream_is_probed_by_its_models() -> None:
    known = all_seen(NOW - 20)
    put(known, WHOLE, "suspected")
    assert set(wishes(known)) == {("upstream:claude/opus", "suspect"), ("upstream:claude/haiku", "suspect")}
    put(known, WHOLE, "ill")
    assert {reason for _, reason in wishes(known)} == {"recovery"}


def test_what_people_report_of_a_model_is_looked_into_at_its_candidates() -> None:
    known = all_seen(NOW - 20)
    put(known, Component(model="smart"), "suspected")
    assert set(wishes(known)) == {("upstream:claude/opus", "suspect"), ("upstream:openai/gpt", "suspect")}


def test_two_failures_in_a_row_are_doubtful_and_of_a_part_one_is() -> None:
    known = all_seen()
    opus, login = known.of(OPUS), known.of(Component("claude", part="login"))
    assert opus is not None
    assert login is not None
    feed(opus.series, NOW, "x")
    feed(login.series, NOW, "x")
    assert wishes(known, NOW + 16) == [("upstream:claude#login", "suspect")]
    feed(opus.series, NOW + 1, "x")
    assert len(wishes(known, NOW + 20)) == 2
    assert ("upstream:claude/opus", "suspect") not in wishes(known, NOW + 1_900)


def test_what_is_in_doubt_does_not_keep_the_rest_from_its_turn() -> None:
    known = all_seen(NOW - 60)
    put(known, OPUS, "suspected", NOW - 60)
    assert wishes(known)[0] == ("upstream:claude/opus", "suspect")
    put(known, Component("claude", part="login"), "well", NOW - 700)
    assert wishes(known)[0] == ("upstream:claude#login", "login")


def test_models_that_nobody_configured_are_probed_only_in_trouble() -> None:
    known = all_seen()
    put(known, Component("claude", "new"), "well", NOW - 5_000)
    assert wishes(known) == []
    put(known, Component("claude", "new"), "ill", NOW - 5_000)
    assert wishes(known) == [("upstream:claude/new", "recovery")]


def test_wishes_are_bounded() -> None:
    known = Watches(Topology(tuple(UpstreamPlace(f"u{number}", ("m",)) for number in range(100))))
    assert len(wishes(known)) == WISHES_MAX
