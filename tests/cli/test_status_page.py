"""`mainstay status-page`, as a person types it."""

import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from mainstay.cli.status_page import status_page_app
from mainstay.control.status_page.publisher import Outside, Publisher
from mainstay.ops.status.reading import status_view
from tests.ops.status.samples import sources

STATE = Path("state")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(status_page_app, [*arguments, "--state", str(STATE)])


def written(*, minutes_ago: float = 0.0) -> None:
    view = replace(status_view(sources()), generated_at=time.time() - 60 * minutes_ago)
    outside = Outside(lambda _record: None, lambda _line: None, time.time, lambda: "id")
    Publisher(STATE, "", outside).publish(view)


def test_it_shows_what_the_page_says() -> None:
    written()
    result = run("show")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Acme AI: Partial outage",
        "  operational           Gateway",
        "  degraded performance  sonnet",
        "  operational           opus",
        "  major outage          north",
        "  operational           south",
        "INC-2 identified, impact major: Answers fail",
        "  2026-05-28T20:05:00.000Z  A provider is down. Others serve for it.",
    ]
    assert result.stderr == ""


def test_a_page_that_is_old_is_told_to_be() -> None:
    written(minutes_ago=12)
    assert "it was written 12 min ago" in run("show").stderr
    assert "it was written 12 min ago" in run("export", "copy").stderr


def test_it_copies_the_page_for_another_host() -> None:
    written()
    result = run("export", "copy")
    assert result.exit_code == 0
    own = {path.relative_to(STATE / "status-page") for path in (STATE / "status-page").rglob("*")}
    assert {path.relative_to("copy") for path in Path("copy").rglob("*")} == own
    assert Path("copy/index.html").read_bytes() == (STATE / "status-page" / "index.html").read_bytes()
    assert "0 of them new or changed" in run("export", "copy").stdout


def test_a_folder_of_somebody_else_is_left_alone() -> None:
    written()
    Path("copy").mkdir()
    Path("copy/index.html").write_text("theirs")
    result = run("export", "copy")
    assert result.exit_code == 1
    assert "holds other files already; name an empty folder" in result.stderr
    assert Path("copy/index.html").read_text() == "theirs"


@pytest.mark.parametrize("arguments", [("show",), ("export", "copy")])
def test_where_there_is_no_page_that_is_said_in_a_line(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "no status page was written here yet" in result.stderr


def test_a_damaged_page_is_told() -> None:
    written()
    (STATE / "status-page" / "api" / "v2" / "summary.json").write_text("{")
    result = run("show")
    assert result.exit_code == 1
    assert "is damaged" in result.stderr
