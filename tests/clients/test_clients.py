"""Every client on every road: it hears the whole answer, runs its tool once, and never learns of the outage."""

import json
import re
from pathlib import Path

import pytest

from mainstay.lab.provider.evidence import digest
from tests.clients.agents import AGENTS, TOOLS
from tests.clients.conftest import Talkers
from tests.clients.plan import CELLS, PLAIN, STREAM, TOOL, Cell
from tests.clients.stage import Stage
from tests.clients.talker import Heard, Wish

SAID = (
    "Bridges hum when the wind makes their cables sing; the longer the cable, the deeper the note that it sings "
    "to the river below, and in a storm the whole bridge sings along."
)
ARGUMENTS = {"place": "Ghent", "days": 3}
RESULT = "Three days of rain."


@pytest.mark.parametrize("cell", CELLS, ids=[cell.model for cell in CELLS])
def test_the_client_never_learns_of_the_outage(cell: Cell, running: Stage, talkers: Talkers, tmp_path: Path) -> None:
    running.prepare(cell)
    before = running.exchanges()
    heard = _ask_agent(cell, running, tmp_path) if cell.client.is_agent else _ask_program(cell, running, talkers)
    assert heard.trouble == ""
    turns = 2 if cell.case == TOOL else 1
    _check_answer(cell, heard)
    assert running.exchanges() - before == {"answered": turns}
    _check_road(cell, running, turns)


def _ask_program(cell: Cell, running: Stage, talkers: Talkers) -> Heard:
    prompt = _prompt("look_up", ARGUMENTS) if cell.case == TOOL else _prompt()
    wish = Wish(cell.client.name, running.url, cell.model, cell.case, prompt, RESULT)
    return talkers.of(cell.client.name).ask(wish)


def _ask_agent(cell: Cell, running: Stage, folder: Path) -> Heard:
    prompt = _prompt(*TOOLS[cell.client.name]) if cell.case == TOOL else _prompt()
    return AGENTS[cell.client.name](running.url, cell, prompt, folder)


def _prompt(tool: str = "", arguments: object = None) -> str:
    """What the fake model is told to do (see `mainstay.lab.provider.dialogue`)."""
    call = f"[call={tool} {json.dumps(arguments)}] [echo=results] " if tool else ""
    return f"Why do bridges hum? {call}[text={SAID}]"


def _check_answer(cell: Cell, heard: Heard) -> None:
    if cell.case != TOOL:
        assert heard.text == SAID
        assert heard.calls == ()
    elif cell.client.is_agent:
        assert re.fullmatch(rf"\[tool results=1 digest=[0-9a-f]{{8}}\] {re.escape(SAID)}", heard.text)
        assert [name for name, _ in heard.calls] == ["mainstay-tool-ran"]
    else:
        assert heard.text == f"[tool results=1 digest={digest([RESULT])}] {SAID}"
        assert heard.calls == (("look_up", ARGUMENTS),)
    if cell.case == STREAM:
        assert heard.pieces > 1
    elif cell.case == PLAIN:
        assert heard.pieces == 0


def _check_road(cell: Cell, running: Stage, turns: int) -> None:
    """The road was what it is called."""
    primary, standby = running.asked_primary(cell), running.asked_standby(cell)
    if cell.road_name == "healthy":
        assert (len(primary), len(standby)) == (turns, 0)
    else:
        assert bool(primary) == cell.road.reaches_primary
        assert standby
    if not cell.road.reaches_primary:
        assert running.refused_logins() > 0
