"""The starter: begins runs when something happens that a playbook has a trigger for, or tells people of them."""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec.structs import replace

from mainstay.control.playbooks.index import RunIndex
from mainstay.control.playbooks.ports import EffectError, Ports
from mainstay.control.playbooks.writing import TRIGGER, Pen, began_of
from mainstay.model.incident import Noted
from mainstay.model.notice import Notice, Severity
from mainstay.model.playbook import START_STEP, Approve, Playbook, Step
from mainstay.ops.playbooks.triggers import OPEN_RUNS_MAX, Occasion, Subject, hindrance, subject_of

SUGGESTIONS_KEPT: Final = 1_000
START_SECONDS: Final = 3_600.0


class Starter:
    """For the thread that runs playbooks."""

    def __init__(
        self,
        playbooks: Callable[[], Mapping[str, Playbook]],
        index: RunIndex,
        pen: Pen,
        ports: Ports,
        report: Callable[[str], None],
    ) -> None:
        """`playbooks` gives those that count now; `report` takes a line for the operator."""
        self._playbooks = playbooks
        self._index = index
        self._pen = pen
        self._ports = ports
        self._report = report
        self._suggested: dict[str, None] = {}

    def consider(self, occasion: Occasion, now: float) -> None:
        """Begin what it begins. May raise `LedgerError`."""
        for playbook in self._playbooks().values():
            subject = None if playbook.mode == "off" else subject_of(playbook, occasion)
            if subject is None:
                continue
            if playbook.mode == "suggest":
                self._suggest(playbook, subject, occasion, now)
            else:
                self._begin(playbook, subject, occasion, now)

    def _begin(self, playbook: Playbook, subject: Subject, occasion: Occasion, now: float) -> None:
        def why_not() -> str:
            return hindrance(playbook, occasion, subject, self._index.all(), now)

        if why_not():
            return
        if len(self._index.unfinished(now)) >= OPEN_RUNS_MAX:
            self._report(f"playbooks: {playbook.name} was not begun ({subject.cause}): {OPEN_RUNS_MAX} runs are open")
            return
        wanted = with_start(playbook) if playbook.mode == "approve" else playbook
        begun = self._pen.begin(began_of(wanted, subject, occasion.key), TRIGGER, why_not)
        if not isinstance(begun, str):
            self._report(f"playbooks: {begun.run} of {playbook.name} began: {subject.cause}")

    def _suggest(self, playbook: Playbook, subject: Subject, occasion: Occasion, now: float) -> None:
        about = subject.incident or f"{subject.component}/{subject.credential}/{occasion.key}"
        key = f"suggest/{playbook.name}/{about}"
        if key in self._suggested or hindrance(playbook, occasion, subject, self._index.all(), now):
            return
        self._suggested[key] = None
        for one in list(self._suggested)[:-SUGGESTIONS_KEPT]:
            del self._suggested[one]
        text = f"The playbook {playbook.name} is for this: {command(playbook, subject)}"
        notice = Notice(key, Severity.WARNING, f"Playbook {playbook.name} could help", text, now, subject.incident)
        try:
            self._ports.notices.tell(notice)
            if subject.incident:
                self._ports.incidents.add(subject.incident, Noted(text), "playbooks", key)
        except EffectError as error:
            self._report(f"playbooks: {playbook.name} could not be suggested: {error}")


def with_start(playbook: Playbook) -> Playbook:
    """The playbook with the question first whether it may begin."""
    text = f"{playbook.name} wants to begin. {playbook.description}".strip()
    start = Step(START_STEP, Approve(expires_seconds=START_SECONDS, text=text), title="begin")
    return replace(playbook, steps=(start, *playbook.steps))


def command(playbook: Playbook, subject: Subject) -> str:
    """The command that runs it by hand."""
    incident = f" --incident {subject.incident}" if subject.incident else ""
    component = f" --component {subject.component}" if subject.component else ""
    return f"mainstay playbook run {playbook.name}{incident}{component}"
