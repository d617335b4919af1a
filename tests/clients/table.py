"""The table of what held, and the versions of what was tried."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.clients.plan import CASES, CLIENTS, ROADS, Cell

ROOT = Path(__file__).parents[2]
NPM = Path(__file__).parent / "npm"
PYTHON_PACKAGES = ("anthropic", "openai", "litellm", "langchain-anthropic", "langchain-openai")


def draw(cells: Iterable[Cell], outcomes: Mapping[Cell, bool]) -> str:
    """A line for each client and case that was tried, a column for each road, in Markdown. `-`: does not apply."""
    marks = {
        (cell.client.name, cell.case, cell.road_name): "yes" if outcomes[cell] else "NO"
        for cell in cells
        if cell in outcomes
    }
    lines = ["| client | case | " + " | ".join(ROADS) + " |", "|---|---|" + "---|" * len(ROADS)]
    for client in CLIENTS:
        for case in CASES:
            found = [marks.get((client.name, case, road), "-") for road in ROADS]
            if set(found) != {"-"}:
                lines.append(f"| {client.name} | {case} | {' | '.join(found)} |")
    return "\n".join(lines)


def versions() -> list[tuple[str, str]]:
    """The locked versions of the clients."""
    lock = (ROOT / "requirements" / "clients.lock").read_text()
    packages = json.loads((NPM / "package.json").read_text())["dependencies"]
    pinned = dict(re.findall(r"^(\S+)==(\S+)", lock, re.MULTILINE))
    return [*sorted(packages.items()), *((f"{name} (Python)", pinned[name]) for name in PYTHON_PACKAGES)]
