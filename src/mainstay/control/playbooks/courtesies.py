"""Courtesies: what people should hear of a run beside what its steps say. None of them can hold a run up."""

from collections.abc import Callable

from mainstay.control.playbooks.ports import EffectError, Ports
from mainstay.model.incident import IncidentEvent, Linked, Noted
from mainstay.model.notice import Notice, Severity
from mainstay.model.playbook import RunEnded
from mainstay.ops.playbooks.state import RunState


class Courtesies:
    """Each may be done again: its key keeps it from being told twice."""

    def __init__(self, ports: Ports, report: Callable[[str], None]) -> None:
        """`report` takes a line for the operator."""
        self._ports = ports
        self._report = report

    def begun(self, state: RunState) -> None:
        """Its incident names the run."""
        link = Linked("run", state.run, state.playbook.name)
        self._to_incident(state, link, f"{_key(state)}/begun")

    def ended(self, state: RunState, end: RunEnded, wall: float) -> None:
        """Its incident says how it ended; where it failed, people are told."""
        words = f"{state.run} ({state.playbook.name}) is over: {end.outcome}{f'; {end.words}' if end.words else ''}"
        self._to_incident(state, Noted(words), f"{_key(state)}/ended")
        if end.outcome != "failed":
            return
        title = f"Playbook {state.playbook.name} failed"
        notice = Notice(f"{_key(state)}/ended", Severity.MAJOR, title, words, wall, state.incident)
        try:
            self._ports.notices.tell(notice)
        except EffectError as error:
            self._report(f"playbooks: nobody could be told that {state.run} failed: {error}")

    def _to_incident(self, state: RunState, event: IncidentEvent, key: str) -> None:
        if not state.incident:
            return
        try:
            self._ports.incidents.add(state.incident, event, f"playbook {state.run}", key)
        except EffectError as error:
            self._report(f"playbooks: {state.run} could not write to {state.incident}: {error}")


def _key(state: RunState) -> str:
    return f"{state.run}/{state.began_at:.0f}"
