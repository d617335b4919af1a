"""What the documentation must mention, so that it cannot fall behind the code in silence."""

import re
import tomllib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import typer
from msgspec import json
from typer.core import TyperGroup

from mainstay.cli.main import app
from mainstay.config.json_schema import json_schema
from mainstay.config.load import load_text
from mainstay.engine import purse, rate
from mainstay.engine.capacity.standing import CapacityStanding
from mainstay.gateway.admission import AdmissionStatus
from mainstay.gateway.admission_metrics import admission_families
from mainstay.gateway.capacity_metrics import capacity_families, suspect_families
from mainstay.gateway.doors import CALLS, OWN
from mainstay.gateway.metrics import Metrics
from mainstay.gateway.orders.keeper import OrdersStatus
from mainstay.gateway.orders.order_metrics import order_families
from mainstay.gateway.telemetry.telemetry import TelemetryStatus
from mainstay.gateway.telemetry.telemetry_metrics import telemetry_families
from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.fault import CLASSES
from mainstay.wire.trust.token import SCANNER_PATTERN

ROOT = Path(__file__).parent.parent
# Playbooks have a page of their own; it is part of the reference of the file.
CONFIGURATION = "".join((ROOT / "docs" / name).read_text() for name in ("configuration.md", "playbooks.md"))
SECTIONS = json.decode(json_schema())["$defs"]
KEYS = sorted({key for section in SECTIONS.values() for key in section["properties"]})
ENUMERATIONS = [
    value["enum"] for section in SECTIONS.values() for value in section["properties"].values() if "enum" in value
]
WORDS = sorted({word for enumeration in ENUMERATIONS for word in enumeration})


def requirement_names(requirements: list[str]) -> set[str]:
    """The names of packages, without versions, comments and options."""
    lines = (line.strip() for line in requirements)
    return {re.split(r"[<>=!~ \[]", line)[0].lower() for line in lines if line and line[0] not in "#-"}


def read_requirements(name: str) -> set[str]:
    return requirement_names((ROOT / "requirements" / f"{name}.in").read_text().splitlines())


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("key", KEYS)
def test_every_key_of_the_file_is_explained(key: str) -> None:
    assert f"`{key}`" in CONFIGURATION


@pytest.mark.parametrize("word", WORDS)
def test_every_word_that_a_key_may_have_is_explained(word: str) -> None:
    assert f"`{word}`" in CONFIGURATION


@pytest.mark.parametrize("name", sorted(requirement_names(PROJECT["dependencies"])))
def test_every_dependency_has_its_reason(name: str) -> None:
    assert f"| {name} |" in (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text()


def test_the_requirement_files_name_what_the_project_names() -> None:
    assert read_requirements("runtime") == requirement_names(PROJECT["dependencies"])
    assert read_requirements("test") == requirement_names(PROJECT["optional-dependencies"]["test"])
    assert read_requirements("dev") == requirement_names(PROJECT["optional-dependencies"]["dev"])


@pytest.mark.parametrize("name", ["build", "runtime", "test", "dev"])
def test_a_lock_file_has_hashes_and_no_places(name: str) -> None:
    lines = (ROOT / "requirements" / f"{name}.lock").read_text().splitlines()
    packages = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9]", line)]
    assert packages
    assert [lines[number] for number in packages if "--hash=sha256:" not in lines[number + 1]] == []
    assert [line for line in lines if "://" in line or line.startswith("-")] == []


PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text())
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_example_of_the_documentation_is_a_good_file(tmp_path: Path) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", CONFIGURATION, re.DOTALL)
    keys = {"ANTHROPIC_API_KEY": "a", "ANTHROPIC_API_KEY_2": "b"}
    assert load_text(examples[0].encode(), tmp_path, keys).mistakes == ()


SOURCES = {
    path.relative_to(ROOT / "src" / "mainstay").as_posix(): path.read_text()
    for path in sorted((ROOT / "src" / "mainstay").rglob("*.py"))
}
GATEWAY = "".join(text for path, text in SOURCES.items() if path.startswith(("gateway/", "engine/", "wire/")))
DOCS = "".join(page.read_text() for page in PAGES)
FAULTS = (ROOT / "docs" / "faults.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.parametrize("header", sorted(set(re.findall(r"\bx-mainstay-[a-z-]+[a-z]", "".join(SOURCES.values())))))
def test_every_header_of_ours_is_explained(header: str) -> None:
    assert f"`{header}`" in DOCS or f"`{header}: " in DOCS


@pytest.mark.parametrize("path", sorted({*CALLS, *OWN}))
def test_every_door_is_named(path: str) -> None:
    assert re.search(rf"{re.escape(path)}\b", (ROOT / "docs" / "doors.md").read_text())


@pytest.mark.parametrize("kind", [kind.value for kind in CLASSES])
def test_every_kind_of_fault_has_its_row(kind: str) -> None:
    blame = next(found.blame.value for one, found in CLASSES.items() if one.value == kind)
    row = next(line.split("|") for line in FAULTS.splitlines() if line.startswith(f"| `{kind}` |"))
    assert row[3].strip() == blame


def fault_codes() -> set[str]:
    """The codes that our own faults are given in the source."""
    by_helper = re.findall(
        r"\b(?:refused|refuse|_own_trouble|unauthenticated|forbidden|cut|malformed)\("
        r"(?:[^()\"]|\"[^\"]* [^\"]*\")*?\"([a-z]+_[a-z_]+)\"",
        GATEWAY,
    )
    by_name = re.findall(r"\bcode=\"([a-z_]+)\"", GATEWAY)
    by_place = re.findall(r"\bFault\((?:[^()\"]|f?\"[^\"]* [^\"]*\")*, \"([a-z]+_[a-z_]+)\"\)", GATEWAY)
    objections = re.findall(r"return \d{3}, \"([a-z_]+)\"", GATEWAY)
    return {*by_helper, *by_name, *by_place, *objections, *purse.CODES.values(), *rate.CODES.values()}


CODES = fault_codes()


def test_codes_of_all_kinds_are_found() -> None:
    expected = {
        "drained",
        "missing_token",
        "unknown_path",
        "empty_answer",
        "unsupported_method",
        "too_many_connections",
    }
    assert expected <= CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_of_a_fault_is_explained(code: str) -> None:
    assert f"`{code}`" in FAULTS or f"`{code}`" in (ROOT / "docs" / "identity.md").read_text()


def metric_names() -> list[str]:
    """Every metric, as it stands on the page."""
    metrics = Metrics(version="1")
    metrics.others.append(partial(admission_families, AdmissionStatus({}, {}, {}, {})))
    metrics.others.append(partial(capacity_families, CapacityStanding((), (), (), (), ())))
    metrics.others.append(partial(suspect_families, ()))
    metrics.others.append(lambda _: order_families(OrdersStatus((), None)))
    metrics.others.append(lambda _: telemetry_families(TelemetryStatus()))
    page = metrics.render(running=0, journal=JournalStatus()).decode()
    return re.findall(r"^# HELP (mainstay_\w+)", page, re.MULTILINE)


@pytest.mark.parametrize("name", metric_names())
def test_every_metric_is_explained(name: str) -> None:
    assert f"`{name}`" in OPERATIONS


@pytest.mark.parametrize("name", re.findall(r"`(mainstay_[a-z_]+)`", OPERATIONS))
def test_every_explained_metric_exists(name: str) -> None:
    assert name in metric_names()


@pytest.mark.parametrize(
    "kind", sorted(re.findall(r"^[A-Z_]*_ALERT(?:: Final)? = \"([a-z-]+)\"", "".join(SOURCES.values()), re.MULTILINE))
)
def test_every_kind_of_alert_is_explained(kind: str) -> None:
    assert f"`{kind}`" in OPERATIONS


@pytest.mark.parametrize("part", sorted(set(re.findall(r"\bPart\(\"([a-z]+)\"", GATEWAY))))
def test_every_part_of_readiness_is_explained(part: str) -> None:
    assert f"`{part}`" in OPERATIONS


@pytest.mark.parametrize("key", sorted(set(re.findall(r"\"(mainstay:[a-z]+:?)", GATEWAY))))
def test_every_key_in_the_shared_store_is_explained(key: str) -> None:
    assert f"`{key}" in (ROOT / "docs" / "sharing.md").read_text()


def test_secret_scanners_are_given_the_expression_that_the_tests_use() -> None:
    assert f"\n{SCANNER_PATTERN}\n" in (ROOT / "docs" / "identity.md").read_text()


def commands_named(text: str) -> Iterator[list[str]]:
    """What stands as a command of ours in code, word by word."""
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```|^((?:    .+\n)+)", text, re.DOTALL | re.MULTILINE)
    lines = "\n".join(part for block in blocks for part in block).splitlines()
    for code in [*lines, *re.findall(r"`([^`\n]*[^`\s])`", text)]:
        found = re.match(r"\s*(?:\$ )?(?:\S*/)?mainstay ([a-z].*)", code)
        if found:
            yield re.split(r"[\s\[\]|]+", found[1].partition(" # ")[0].partition(" > ")[0].strip())


COMMANDS = sorted({tuple(words) for page in PAGES for words in commands_named(page.read_text())})


@pytest.mark.parametrize("words", COMMANDS, ids=[" ".join(words) for words in COMMANDS])
def test_every_command_that_is_named_exists_with_its_options(words: tuple[str, ...]) -> None:
    command, rest = typer.main.get_command(app), list(words)
    context = typer.Context(command)
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        found = command.get_command(context, rest[0])
        assert found is not None, f"no such command: {rest[0]}"
        command, rest = found, rest[1:]
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    assert [word for word in rest if word.startswith("-") and word != "-" and word not in options] == []


def test_commands_are_found_where_they_stand() -> None:
    text = "Say `mainstay audit verify --keys COPY`:\n\n    mainstay up -c x   # it runs\n\n"
    shell = "```sh\n.venv/bin/mainstay token list\n```\n"
    found = [["audit", "verify", "--keys", "COPY"], ["token", "list"], ["up", "-c", "x"]]
    assert sorted(commands_named(text + shell)) == found
