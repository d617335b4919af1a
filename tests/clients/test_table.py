"""What is said of the clients: the table, and the versions that are locked and written down."""

import re

from msgspec import json

from tests.clients.plan import CELLS, CLIENTS, PLAIN
from tests.clients.table import NPM, ROOT, draw, versions

PAGE = (ROOT / "docs" / "clients" / "README.md").read_text()


def test_a_cell_that_held_says_yes_and_one_that_did_not_says_no() -> None:
    held, failed = CELLS[0], CELLS[1]
    rows = draw(CELLS, {held: True, failed: False}).splitlines()[2:]
    assert len(rows) == 1
    assert [word.strip() for word in rows[0].split("|")][1:6] == [held.client.name, PLAIN, "yes", "NO", "-"]


def test_no_two_cells_ask_for_the_same_model() -> None:
    assert len({cell.model for cell in CELLS}) == len(CELLS)


def test_the_documentation_names_every_version_that_is_tried() -> None:
    assert [named for named in versions() if named[1] not in PAGE] == []


def test_every_client_has_a_page() -> None:
    pages = " ".join(path.stem for path in (ROOT / "docs" / "clients").glob("*.md"))
    assert [client.name for client in CLIENTS if client.name.split("-")[0] not in pages] == []


def test_npm_packages_are_locked_by_hash_and_name_no_place() -> None:
    lock = (NPM / "package-lock.json").read_bytes()
    packages = json.decode(lock)["packages"]
    del packages[""]
    assert packages
    assert [name for name, package in packages.items() if not package.get("integrity")] == []
    assert re.findall(rb'"resolved"|://', lock) == []


def test_python_packages_are_locked_by_hash_and_name_no_place() -> None:
    lines = (ROOT / "requirements" / "clients.lock").read_text().splitlines()
    packages = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9]", line)]
    assert packages
    assert [lines[number] for number in packages if "--hash=sha256:" not in lines[number + 1]] == []
    assert [line for line in lines if "://" in line or line.startswith("-")] == []
