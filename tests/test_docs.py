"""What the documentation must mention, so that it cannot fall behind the code in silence."""

import re
import tomllib
from pathlib import Path

import pytest
from msgspec import json

from mainstay.config.json_schema import json_schema
from mainstay.config.load import load_text

ROOT = Path(__file__).parent.parent
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
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
