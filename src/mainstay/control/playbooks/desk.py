"""The playbook desk: what people and pages ask of playbooks and their runs. It writes into the book; the runner of
whichever control plane acts does the rest. So it works while none runs."""

from collections.abc import Callable, Mapping

import msgspec

from mainstay.control.book import Book, StaleError
from mainstay.control.playbooks.index import RunIndex, run_number
from mainstay.control.playbooks.ports import EffectError, FactsPort, OrderPort
from mainstay.control.playbooks.writing import Author, Pen, began_of
from mainstay.model.components import component_of
from mainstay.model.playbook import Cancelled, Playbook
from mainstay.ops.playbooks.approvals import NotCounted, Voter, verdict
from mainstay.ops.playbooks.plan import Plan, PlannedStep, plan
from mainstay.ops.playbooks.state import RunState
from mainstay.ops.playbooks.texts import worst_first
from mainstay.ops.playbooks.triggers import Subject, is_about

TRIES_MAX = 100
COMMENT_CHARACTERS_MAX = 500


class PlaybookError(Exception):
    """It cannot be done; the text says why, and what to do."""


class DeskTools(msgspec.Struct, frozen=True):
    """What the desk needs of the rest. Without `orders` plans have no previews."""

    book: Book
    playbooks: Callable[[], Mapping[str, Playbook]]
    facts: FactsPort
    orders: OrderPort | None
    wall: Callable[[], float]
    next_id: Callable[[], str]


class Request(msgspec.Struct, frozen=True):
    """A run that is asked for: of which playbook, about what. All but the playbook may be empty."""

    playbook: str
    incident: str = ""
    component: str = ""
    credential: str = ""


class PlaybookDesk:
    """May be used from any thread. Every method may raise `LedgerError` (the store does not answer now), and those that
    do something `PlaybookError`."""

    def __init__(self, tools: DeskTools) -> None:
        """Nothing is read yet."""
        self._tools = tools
        self._index = RunIndex(tools.book)
        self._pen = Pen(tools.book, self._index, tools.wall, tools.next_id)

    def playbooks(self) -> tuple[Playbook, ...]:
        """All that count now, by name."""
        return tuple(self._tools.playbooks().values())

    def playbook(self, name: str) -> Playbook:
        """The one of this name."""
        found = self._tools.playbooks()
        if name not in found:
            raise PlaybookError(f"there is no playbook {_shown(name)}; there are {', '.join(sorted(found))}")
        return found[name]

    def runs(self, limit: int = 50, before: str = "") -> tuple[RunState, ...]:
        """The newest runs, the newest first; those older than `before`."""
        self._index.refresh(self._tools.wall())
        found = self._index.all()
        if before:
            found = [run for run in found if run_number(run.run) < run_number(before)]
        return tuple(found[:limit])

    def waiting(self) -> tuple[RunState, ...]:
        """Runs that wait for somebody's approval, the oldest first."""
        self._index.refresh(self._tools.wall())
        return tuple(run for run in self._index.unfinished(self._tools.wall()) if run.asks is not None)

    def read(self, run: str) -> RunState:
        """A run as it is now. Raises `PlaybookError` for none."""
        name = run.strip().upper()
        state = self._index.read(name) if run_number(name) else None
        if state is None:
            raise PlaybookError(f"there is no run {_shown(run)}; see mainstay playbook runs")
        return state

    def plan(self, request: Request) -> Plan:
        """What a run would do, with previews of its orders."""
        playbook, subject = self.playbook(request.playbook), self._subject(request)
        made = plan(playbook, subject, self._tools.facts.facts(subject.incident), self._tools.wall())
        steps = tuple(self._previewed(step) for step in made.steps)
        return msgspec.structs.replace(made, steps=steps)

    def run(self, request: Request, author: Author) -> RunState:
        """Begin a run. It goes on as soon as a control plane acts."""
        playbook, subject = self.playbook(request.playbook), self._subject(request)
        self._index.refresh(self._tools.wall())

        def why_not() -> str:
            same = [run for run in self._index.unfinished(self._tools.wall()) if run.playbook.name == playbook.name]
            busy = next((run.run for run in same if is_about(run, subject)), "")
            return f"{busy} of {playbook.name} about the same is under way; cancel it first" if busy else ""

        begun = self._pen.begin(began_of(playbook, subject, f"hand/{self._tools.next_id()}"), author, why_not)
        if isinstance(begun, str):
            raise PlaybookError(begun)
        return begun

    def approve(self, run: str, voter: Voter, via: str, *, step: str = "", comment: str = "") -> RunState:
        """Agree to what a run asks. Of two who answer at once each counts, as far as it is still asked for."""
        return self._vote(run, voter, via, _Answer(step, comment, is_yes=True))

    def refuse(self, run: str, voter: Voter, via: str, *, step: str = "", comment: str = "") -> RunState:
        """Say no to what a run asks."""
        return self._vote(run, voter, via, _Answer(step, comment, is_yes=False))

    def cancel(self, run: str, author: Author, *, why: str = "", is_undone: bool = False) -> RunState:
        """Stop a run; with `is_undone` what it did is undone."""
        for _ in range(TRIES_MAX):
            state = self.read(run)
            if state.is_over:
                raise PlaybookError(f"{state.run} is over ({state.outcome})")
            if state.cancelled is not None:
                raise PlaybookError(f"{state.run} was cancelled by {state.cancelled_by} already, and is ending")
            try:
                self._pen.write(state, Cancelled(_cut(why), is_undone), author)
            except StaleError:
                continue
            return self.read(run)
        raise PlaybookError(f"too many write to {run} at once; try again")

    def _vote(self, run: str, voter: Voter, via: str, answer: "_Answer") -> RunState:
        for _ in range(TRIES_MAX):
            state, now = self.read(run), self._tools.wall()
            event = verdict(state, voter, now, is_yes=answer.is_yes, step=answer.step, comment=_cut(answer.comment))
            if isinstance(event, NotCounted):
                raise PlaybookError(event.words)
            try:
                self._pen.write(state, event, Author(voter.by, via))
            except StaleError:
                continue
            return self.read(run)
        raise PlaybookError(f"too many write to {run} at once; try again")

    def _subject(self, request: Request) -> Subject:
        if request.component and component_of(request.component) is None:
            raise PlaybookError(
                f"{_shown(request.component)} is no component; such as upstream:NAME, upstream:NAME/MODEL or model:NAME"
            )
        if not request.incident:
            return Subject("by hand", "", request.component, request.credential)
        incident = self._tools.facts.facts(request.incident).incident
        if incident is None:
            raise PlaybookError(f"there is no incident {_shown(request.incident)}; see mainstay incident list")
        named = worst_first(incident.affected) or [one.component for one in incident.affected]
        of_providers = [name for name in named if (found := component_of(name)) and found.is_provider]
        component = request.component or next(iter((*of_providers, *named)), "")
        return Subject(f"by hand, for {incident.id}: {incident.title}", incident.id, component, request.credential)

    def _previewed(self, step: PlannedStep) -> PlannedStep:
        if step.order is None or self._tools.orders is None:
            return step
        try:
            found = self._tools.orders.preview(step.order)
        except EffectError as error:
            return msgspec.structs.replace(step, preview=(f"no preview: {error}",))
        problem = f"it would be refused: {found.refusal}" if found.refusal else ""
        return msgspec.structs.replace(step, preview=found.words, problem=problem)


class _Answer(msgspec.Struct, frozen=True):
    step: str
    comment: str
    is_yes: bool


def _cut(text: str) -> str:
    return "".join(character for character in text[:COMMENT_CHARACTERS_MAX] if character.isprintable())


def _shown(text: str) -> str:
    return repr(text[:100])
