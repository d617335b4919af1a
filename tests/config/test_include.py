"""Files beside the main one."""

from pathlib import Path

import pytest

from mainstay.config.load import Loaded, load_text


def load(folder: Path, good: str, files: dict[str, str], include: str = "[ops/*.yaml]") -> Loaded:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return load_text(f"{good}\ninclude: {include}".encode(), folder, {"KEY": "secret-value"})


def said(loaded: Loaded) -> list[str]:
    return [f"{one.path}: {one.message}" for one in loaded.mistakes]


def test_sections_of_several_files_come_together(tmp_path: Path, good: str) -> None:
    files = {"ops/a.yaml": "detection: {error_percent: 30}", "ops/b.yaml": "incidents: {scope_seconds: 60}"}
    loaded = load(tmp_path, good, files)
    assert said(loaded) == []
    assert loaded.snapshot is not None
    assert loaded.snapshot.detection.error_percent == 30
    assert loaded.snapshot.incidents.clocks.scope_seconds == 60


def test_what_the_gateway_needs_stands_in_the_main_file(tmp_path: Path, good: str) -> None:
    loaded = load(tmp_path, good, {"ops/a.yaml": "\nmodels: {}"})
    known = "detection, incidents, notifications, playbooks, status_page"
    refusal = "include: ops/a.yaml, line 2: models may not stand in an included file"
    assert said(loaded) == [f"{refusal}; known: {known}"]


def test_a_section_may_stand_once(tmp_path: Path, good: str) -> None:
    files = {"ops/a.yaml": "incidents: {scope_seconds: 60}", "ops/b.yaml": "incidents: {scope_seconds: 61}"}
    expected = "include: ops/b.yaml, line 1: incidents is written twice, first in ops/a.yaml, line 1"
    assert said(load(tmp_path, good, files)) == [expected]
    alone = load(tmp_path, f"{good}\nincidents: {{scope_seconds: 9}}", {}, "[ops/a.yaml]")
    assert said(alone) == ["include: ops/a.yaml, line 1: incidents is written twice, first in the main file"]


def test_a_mistake_says_in_which_file_it_stands(tmp_path: Path, good: str) -> None:
    loaded = load(tmp_path, good, {"ops/a.yaml": "detection:\n  error_percent: 0\n"})
    assert said(loaded) == [
        "detection.error_percent: must be a percentage above 0 and at most 100; it is 0 (ops/a.yaml, line 2)"
    ]


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path, good: str) -> None:
    (found,) = said(load(tmp_path, good, {"ops/a.yaml": "a: [\n"}))
    assert found.startswith("include: ops/a.yaml, line 2: not valid YAML")
    (found,) = said(load(tmp_path, good, {"ops/a.yaml": "[1]"}))
    sections = "playbooks, detection, incidents, notifications, status_page"
    assert found == f"include: ops/a.yaml: must be a mapping of {sections}"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("/etc/*.yaml", "must lead to files in the folder of this file, or below it"),
        ("../*.yaml", "must lead to files in the folder of this file, or below it"),
        ("ops/none.yaml", "is not there"),
    ],
)
def test_a_pattern_that_leads_nowhere_is_a_mistake(tmp_path: Path, good: str, pattern: str, words: str) -> None:
    assert said(load(tmp_path, good, {}, f"[{pattern!r}]")) == [f"include[0]: {words}"]


def test_a_pattern_may_find_nothing(tmp_path: Path, good: str) -> None:
    assert said(load(tmp_path, good, {})) == []


def test_only_so_many_files_are_read(tmp_path: Path, good: str) -> None:
    loaded = load(tmp_path, good, {f"ops/{number}.yaml": "playbooks: {}" for number in range(201)})
    assert said(loaded) == ["include[0]: finds more than 200 files in all"]
