"""What a run makes of what came of an effect."""

from mainstay.model.playbook import Approve, Asked, StepEnded, Waiting
from mainstay.ops.playbooks.outcomes import WAIT_SECONDS_MAX, WORDS_MAX, Done, Failed, event_after
from mainstay.ops.playbooks.state import Deed
from tests.ops.playbooks.drill import Drill, book_of, note, step_of


def begun(**how: object) -> tuple[Drill, Deed]:
    drill = Drill(book_of(note("a", **how)))
    drill.tell(drill.move().event)  # type: ignore[union-attr] # the step begins
    return drill, drill.state.deeds[0]


def test_what_was_done_ends_the_step_with_its_results() -> None:
    drill, deed = begun()
    assert event_after(drill.state, deed, Done("ok", ("ORD-1",)), 5.0) == StepEnded("a", "done", 1, "ok", ("ORD-1",))


def test_what_failed_waits_for_its_next_attempt() -> None:
    drill, deed = begun(attempts=2, wait_seconds=3.0)
    event = event_after(drill.state, deed, Failed("no", may_have_acted=True), 5.0)
    assert event == Waiting("a", 8.0, "retry", "no", may_have_acted=True)


def test_what_may_have_acted_once_stays_so() -> None:
    drill, deed = begun(attempts=3)
    drill.tell(event_after(drill.state, deed, Failed("no", may_have_acted=True), drill.now))
    for _ in range(2):
        drill.later(60, lambda _deed: Failed("no"))
    assert drill.state.is_over
    assert drill.state.deeds[0].may_have_acted


def test_waits_are_bounded() -> None:
    drill, deed = begun(attempts=20, wait_seconds=3_000.0)
    state = drill.state
    late = Deed(deed.step, 1, 0.0, key=deed.key, action=deed.action, attempt=15)
    event = event_after(state, late, Failed("no"), 0.0)
    assert isinstance(event, Waiting)
    assert event.until == WAIT_SECONDS_MAX


def test_words_are_bounded() -> None:
    drill, deed = begun()
    event = event_after(drill.state, deed, Failed("x" * 100_000), 0.0)
    assert isinstance(event, StepEnded)
    assert len(event.words) == WORDS_MAX


def test_who_was_told_is_asked_until_it_expires() -> None:
    drill = Drill(book_of(step_of("a", Approve(expires_seconds=60.0))))
    drill.tell(drill.move().event)  # type: ignore[union-attr] # the step begins
    assert event_after(drill.state, drill.state.deeds[0], Done("told"), 0.0) == Asked("a", drill.now + 60, "told")
