from pathlib import Path

import pytest
import typer

from mainstay.cli.state_folder import STATE_DEFAULT, configuration, refusal, state_folder, told

CONFIG = """
state: ./elsewhere
upstreams: {a: {dialect: anthropic, base_url: "https://api.example", credentials: [{name: m, key: "env:NOT_SET"}]}}
models: {m: {candidates: [{upstream: a}]}}
"""


def test_the_folder_that_is_named_counts(tmp_path: Path) -> None:
    assert state_folder(tmp_path / "none.yaml", tmp_path) == tmp_path
    assert state_folder(None, None) == STATE_DEFAULT


def test_the_file_that_lies_here_counts_where_nothing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert configuration(None, None) is None
    (tmp_path / "mainstay.yaml").write_text(CONFIG)
    assert configuration(None, None) == Path("mainstay.yaml")
    assert state_folder(None, None).resolve() == tmp_path / "elsewhere"
    assert configuration(None, tmp_path) is None, "a folder that is named is not that of the file"
    assert configuration(tmp_path / "other.yaml", None) == tmp_path / "other.yaml"


def test_the_configuration_may_name_it_even_without_its_secrets(tmp_path: Path) -> None:
    path = tmp_path / "mainstay.yaml"
    path.write_text(CONFIG)
    assert state_folder(path, None) == tmp_path / "elsewhere"


def test_a_configuration_with_mistakes_names_it_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "mainstay.yaml"
    path.write_text("nonsense: 1\nstate: kept")
    assert state_folder(path, None) == tmp_path / "kept"
    path.write_text("nonsense: 1")
    assert state_folder(path, None) == tmp_path / STATE_DEFAULT


@pytest.mark.parametrize("text", ["state: [", "", "- a", "state: [a]", "state: ''"])
def test_a_configuration_that_cannot_be_understood_points_to_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = tmp_path / "mainstay.yaml"
    path.write_text(text)
    with pytest.raises(typer.Exit):
        state_folder(path, None)
    assert f"mainstay check -c {path}" in capsys.readouterr().err


def test_a_configuration_that_is_not_there_is_not_called_mistaken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(typer.Exit):
            state_folder(path, None)
    told = capsys.readouterr().err
    assert "none.yaml: No such file or directory; " in told
    assert "Is a directory; " in told


def test_a_refusal_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal("no").exit_code == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "no\n")


def test_what_is_told_is_safe_for_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    told("a\x1b[31mb [red]c")
    assert capsys.readouterr().err == "a\N{REPLACEMENT CHARACTER}[31mb [red]c\n"
