"""Playbooks, plans and runs as lines for a terminal."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from rich.text import Text

from mainstay.cli.audit_lines import shown
from mainstay.model.playbook import Approve, Playbook
from mainstay.ops.playbooks.moves import waits_until
from mainstay.ops.playbooks.plan import Plan, PlannedStep
from mainstay.ops.playbooks.state import Deed, RunState
from mainstay.ops.playbooks.words import action_words, step_notes, trigger_words

OUTCOME_STYLES: Final = {
    "done": "green",
    "failed": "bold red",
    "refused": "red",
    "expired": "red",
    "cancelled": "yellow",
    "skipped": "dim",
}
INDENT: Final = "    "


def list_lines(playbooks: Iterable[Playbook]) -> Iterator[Text]:
    """One line for each playbook."""
    found = tuple(playbooks)
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        mode = one.mode if one.triggers else "by hand"
        yield Text.assemble((one.name.ljust(width), "bold"), f"  {mode:<9}  ", shown(one.description))


def playbook_lines(playbook: Playbook) -> Iterator[Text]:
    """What a playbook does."""
    yield Text.assemble((playbook.name, "bold"), f"  {shown(playbook.description)}")
    for trigger in playbook.triggers:
        yield Text(f"when {shown(trigger_words(trigger))}: {playbook.mode}")
    for number, step in enumerate(playbook.steps, 1):
        yield _step_line(number, step.id, action_words(step.action))
        yield from (Text(f"{INDENT}  {shown(note)}", "dim") for note in step_notes(step))


def plan_lines(plan: Plan) -> Iterator[Text]:
    """What a run would do."""
    about = ", ".join(one for one in (plan.incident, plan.component) if one) or "nothing in particular"
    yield Text.assemble((plan.playbook, "bold"), f" about {shown(about)}: {shown(plan.description)}")
    for number, step in enumerate(plan.steps, 1):
        yield from _planned_lines(number, step)
    yield Text("nothing of this was done", "dim")


def _planned_lines(number: int, step: PlannedStep) -> Iterator[Text]:
    yield _step_line(number, step.id, step.what)
    if step.problem:
        yield Text(f"{INDENT}  {shown(step.problem)}", "bold red")
    if step.now is not None:
        yield Text(f"{INDENT}  its condition {'holds' if step.now else 'does not hold'} now")
    yield from (Text(f"{INDENT}  {shown(line)}") for line in step.preview)
    yield from (Text(f"{INDENT}  {shown(note)}", "dim") for note in step.notes)


def run_list_lines(runs: Iterable[RunState]) -> Iterator[Text]:
    """One line for each run."""
    found = tuple(runs)
    width = max((len(one.run) for one in found), default=0)
    names = max((len(one.playbook.name) for one in found), default=0)
    for one in found:
        word, style = standing(one)
        yield Text.assemble(
            (one.run.ljust(width), "bold"),
            f"  {one.playbook.name.ljust(names)}  ",
            (word, style),
            f"  {moment(one.began_at)}  {shown(one.began.cause)}",
        )


def run_lines(run: RunState) -> Iterator[Text]:
    """All of a run."""
    word, style = standing(run)
    yield Text.assemble((run.run, "bold"), f" of {run.playbook.name}: ", (word, style), _tail(run.words))
    yield Text(f"began {moment(run.began_at)} by {shown(run.by)}{f' ({run.via})' if run.via else ''}")
    yield Text(f"cause: {shown(run.began.cause)}")
    for deed in run.deeds:
        yield from _deed_lines(deed)
    asks = run.asks
    if asks is not None and isinstance(asks.action, Approve):
        needed = asks.action.count - len(asks.votes)
        yield Text(
            f"{asks.step} asks {needed} more with the role {asks.action.role} until {moment(waits_until(run, asks))}: "
            f"mainstay playbook approve {run.run}, or refuse {run.run}"
        )


def standing(run: RunState) -> tuple[str, str]:
    """Where a run stands, in a word, and how that looks."""
    if run.outcome is not None:
        return run.outcome, OUTCOME_STYLES[run.outcome]
    if run.is_unwinding:
        return "undoing", "yellow"
    if run.cancelled is not None:
        return "cancelled", "yellow"
    if run.asks is not None:
        return f"asks for {run.asks.step}", "bold yellow"
    return (f"at {run.current.step}" if run.current is not None else "begins"), "cyan"


def moment(at: float) -> str:
    """An instant, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _deed_lines(deed: Deed) -> Iterator[Text]:
    word = deed.outcome or deed.phase
    name = f"undo {deed.step}" if deed.is_undo else deed.step
    attempts = f", attempt {deed.attempt}" if deed.attempt > 1 else ""
    yield Text.assemble(
        f"  {moment(deed.began_at)}  ",
        (name, "bold"),
        " ",
        (word, OUTCOME_STYLES.get(word, "cyan")),
        f"{attempts}{_tail(deed.words)}",
    )
    if deed.action is not None:
        yield Text(f"{INDENT}{shown(action_words(deed.action))}", "dim")
    for vote in deed.votes:
        said = "approved" if vote.is_yes else "refused"
        yield Text(f"{INDENT}{moment(vote.at)}  {shown(vote.by)} ({vote.role}) {said}{_tail(vote.comment)}")


def _step_line(number: int, name: str, what: str) -> Text:
    return Text.assemble(f"{number:>3}. ", (name, "bold"), f"  {shown(what)}")


def _tail(words: str) -> str:
    return f": {shown(words)}" if words else ""
