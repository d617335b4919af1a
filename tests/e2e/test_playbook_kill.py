"""A run of a playbook survives kill -9, again and again, on a real store: it goes on where it was, and what it did is
done once."""

import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from mainstay.control.playbooks.desk import DeskTools, PlaybookDesk, Request
from mainstay.control.playbooks.writing import Author
from mainstay.gateway.identity import id_maker
from mainstay.model.orders import OrderKind
from mainstay.model.playbook import GiveOrder, Note, Notify, OpenIncident, Playbook, Publish, Step, Webhook
from mainstay.ops.playbooks.facts import Facts
from mainstay.wiring.book import open_book

PATIENCE_SECONDS = 30.0
VICTIM = Path(__file__).with_name("playbook_victim.py")
STEPS = (
    Step("open", OpenIncident("It is down")),
    Step("tell", Notify("It is down", "x")),
    Step("drain", GiveOrder(OrderKind.DRAIN, "anthropic")),
    Step("publish", Publish("We work on it")),
    Step("hook", Webhook("https://hook.example")),
    Step("note", Note("all done")),
)
UNDONE = (*STEPS, Step("bad", Notify("{run.model}", "x"), on_failure="undo"))


class NoFacts:
    """Nothing is known."""

    def facts(self, incident: str) -> Facts:
        return Facts()


def desk_of(state: Path, steps: tuple[Step, ...]) -> PlaybookDesk:
    book = open_book(None, state, lambda _record: None)
    playbook = Playbook("help", "It helps.", steps)
    return PlaybookDesk(DeskTools(book, lambda: {"help": playbook}, NoFacts(), None, time.time, id_maker()))


def live(state: Path, dies_at: int) -> int:
    """A process that lives until all is done, or until its fate; its exit code."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(VICTIM), str(state), str(dies_at)],
        cwd=Path(__file__).parents[2],
        env={"PYTHONPATH": "src"},
        timeout=PATIENCE_SECONDS,
        check=False,
    ).returncode


@pytest.mark.parametrize(
    ("steps", "outcome", "fates"), [(STEPS, "done", (3, 6, 4, 5, 7)), (UNDONE, "failed", (9, 13, 6, 4, 3))]
)
def test_a_run_survives_kill_after_kill(
    tmp_path: Path, steps: tuple[Step, ...], outcome: str, fates: tuple[int, ...]
) -> None:
    desk = desk_of(tmp_path, steps)
    desk.run(Request("help"), Author("ann", "local"))
    for fate in fates:
        assert live(tmp_path, fate) == -signal.SIGKILL
    assert live(tmp_path, 0) == 0
    run = desk.read("RUN-1")
    assert run.outcome == outcome
    assert [deed.outcome for deed in run.deeds if deed.step != "bad"] == ["done"] * (len(STEPS) + run.is_unwinding)
    times = Counter((tmp_path / "effects").read_text().splitlines())
    assert set(times.values()) == {1}
    kinds = Counter(line.split(" ")[0] for line in times)
    expected = {"open": 1, "notice": 1, "order": 1, "webhook": 1, "incident": 5}
    more = {"end": 1, "notice": 2} if run.is_unwinding else {}
    assert kinds == expected | more
