"""The house rules that no linter knows. Each is a number or a list; none is to be loosened, the lists only shrink."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "mainstay"
TESTS = ROOT / "tests"

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60

PURE_FLOORS = ("model", "engine", "wire", "ops")
CLOCKS = frozenset({"now", "utcnow", "today"})

# Files without behaviour of their own: values and ports, shown by the tests of those who use them.
WITHOUT_TEST = frozenset(
    {
        "control/console.py",
        "control/operations/desks.py",
        "control/playbooks/ports.py",
        "control/probes/port.py",
        "engine/key.py",
        "engine/observation.py",
        "gateway/http/limits.py",
        "gateway/shared/port.py",
        "model/call.py",
        "model/catalogue.py",
        "model/commands.py",
        "model/conversation.py",
        "model/dice.py",
        "model/events.py",
        "model/frame.py",
        "model/http.py",
        "model/evidence.py",
        "model/identity.py",
        "model/incident.py",
        "model/playbook.py",
        "model/settings.py",
        "ops/playbooks/facts.py",
        "ops/report/report.py",
        "config/operations_schema.py",
        "config/scalars.py",
        "model/news.py",
        "model/piece.py",
        "model/ports.py",
        "model/rates.py",
        "model/records.py",
        "wire/codec.py",
        "wire/platform.py",
    }
)


def sources() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def long_functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield f"{name_of(path)}:{node.lineno} {node.name}: {lines} lines"


def clock_readings(tree: ast.Module) -> Iterator[int]:
    """Lines that read a clock (`datetime.now` and its like) or reach for `urllib.request`."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=attr) if (
                owner in {"datetime", "date"} and attr in CLOCKS
            ):
                yield node.lineno
            case ast.Import(names=names) if any(name.name == "urllib.request" for name in names):
                yield node.lineno
            case ast.ImportFrom(module="urllib.request"):
                yield node.lineno
            case ast.ImportFrom(module="urllib", names=names) if any(name.name == "request" for name in names):
                yield node.lineno
            case _:
                pass


def test_no_file_is_long() -> None:
    paths = [*sources(), *TESTS.rglob("*.py")]
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in paths}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES_MAX} == {}


def test_no_function_is_long() -> None:
    assert [line for path in sources() for line in long_functions(path)] == []


def test_pure_floors_read_no_clock() -> None:
    found = [
        f"{name_of(path)}:{line}"
        for floor in PURE_FLOORS
        for path in sorted((SOURCE / floor).rglob("*.py"))
        for line in clock_readings(ast.parse(path.read_text()))
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen",
    ],
)
def test_a_reading_of_a_clock_would_be_found(code: str) -> None:
    assert list(clock_readings(ast.parse(code))) == [1]


def test_every_pure_floor_is_under_the_import_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = (contract for contract in contracts if contract["id"] == "pure-floors")
    existing = {f"mainstay.{floor}" for floor in PURE_FLOORS if (SOURCE / floor / "__init__.py").exists()}
    assert set(contract["source_modules"]) == existing


def has_test(path: Path) -> bool:
    below = path.relative_to(SOURCE)
    return (TESTS / below.parent / f"test_{path.name}").exists()


def test_every_source_file_has_a_test_file_of_its_name() -> None:
    relative = {path.relative_to(SOURCE).as_posix(): path for path in sources() if not path.name.startswith("__")}
    missing = {name for name, path in relative.items() if not has_test(path)}
    assert missing - WITHOUT_TEST == set()


def test_the_list_of_files_without_a_test_holds_nothing_else() -> None:
    stale = {name for name in WITHOUT_TEST if not (SOURCE / name).exists() or has_test(SOURCE / name)}
    assert stale == set()
