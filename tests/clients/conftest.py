"""Clients installed apart, one stage for all of them, and the table at the end.

The tests of `test_clients.py` need what `scripts/install-clients` installs; `make test-clients` says where that is. A
run that does not say so does not collect them.
"""

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.clients.plan import CELLS, Cell
from tests.clients.stage import Stage, stage
from tests.clients.surroundings import FOLDER_VARIABLE, environment, modules, python
from tests.clients.table import draw, versions
from tests.clients.talker import Talker

CALLERS = Path(__file__).parent / "callers"
ROOT = Path(__file__).parents[2]
collect_ignore = [] if os.environ.get(FOLDER_VARIABLE) else ["test_clients.py"]
PROGRAMS = {
    "anthropic-python": "python_sdks",
    "openai-python-chat": "python_sdks",
    "openai-python-responses": "python_sdks",
    "anthropic-node": "node_sdks.mjs",
    "openai-node-chat": "node_sdks.mjs",
    "openai-node-responses": "node_sdks.mjs",
    "litellm-anthropic": "litellm_calls",
    "litellm-openai": "litellm_calls",
    "langchain-anthropic": "langchain_calls",
    "langchain-openai": "langchain_calls",
}
"""Which program in `callers/` is which client."""
OUTCOMES = pytest.StashKey[dict[Cell, bool]]()


class Talkers:
    """The callers' programs, each started when it is first asked for."""

    def __init__(self, stack: ExitStack, homes: pytest.TempPathFactory) -> None:
        self._stack = stack
        self._homes = homes
        self._running: dict[str, Talker] = {}

    def of(self, client: str) -> Talker:
        """The program that is this client."""
        program = PROGRAMS[client]
        if program not in self._running:
            home = self._homes.mktemp("home")
            if program.endswith(".mjs"):
                talker = Talker(["node", str(CALLERS / program)], modules().parent, environment(home))
            else:
                command = [python(), "-m", f"tests.clients.callers.{program}"]
                talker = Talker(command, ROOT, environment(home))
            self._running[program] = self._stack.enter_context(talker)
        return self._running[program]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The gateway and the places behind it."""
    with stage(tmp_path_factory.mktemp("gateway")) as found:
        yield found


@pytest.fixture(scope="session")
def talkers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talkers]:
    """The callers' programs."""
    with ExitStack() as stack:
        yield Talkers(stack, tmp_path_factory)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note the outcome of each cell."""
    report = yield
    cell = item.callspec.params.get("cell") if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
    if isinstance(cell, Cell) and (report.when == "call" or report.failed):
        item.config.stash.setdefault(OUTCOMES, {})[cell] = report.passed
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table."""
    outcomes = config.stash.get(OUTCOMES, {})
    if outcomes:
        terminalreporter.section("clients")
        terminalreporter.write_line(draw(CELLS, outcomes))
        terminalreporter.write_line(", ".join(f"{name} {version}" for name, version in versions()))
