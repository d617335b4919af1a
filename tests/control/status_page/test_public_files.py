"""The page's files over HTTP: those, and no others."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import text
from starlette.responses import Response

from mainstay.control.status_page.public_files import FILE_BYTES_MAX, PublicFiles
from mainstay.control.status_page.public_folder import PublicFolder
from mainstay.control.status_page.rendering import Renderer
from mainstay.ops.status.reading import status_view
from tests.control.status_page.visits import request, run
from tests.ops.status.samples import sources


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "page"
    PublicFolder(path).replace(Renderer().files(status_view(sources())))
    (tmp_path / "secret.html").write_text("secret")
    return path


def get(folder: Path, path: str, **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return run(PublicFiles(folder).endpoint(request(path, headers=names)))


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("/status/", "text/html; charset=utf-8"),
        ("/status/incidents/INC-2.html", "text/html; charset=utf-8"),
        ("/status/api/v2/summary.json", "application/json"),
        ("/status/api/v2/incidents/INC-2.json", "application/json"),
        ("/status/history.rss", "application/rss+xml; charset=utf-8"),
        ("/status/history.atom", "application/atom+xml; charset=utf-8"),
        ("/status/status.js", "text/javascript; charset=utf-8"),
    ],
)
def test_every_file_has_its_kind(folder: Path, path: str, media: str) -> None:
    answer = get(folder, path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_may_use_its_own_style_alone(folder: Path) -> None:
    policy = get(folder, "/status/").headers["content-security-policy"]
    assert "style-src 'sha256-" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_programs_on_other_sites_may_read_what_is_for_programs(folder: Path) -> None:
    assert get(folder, "/status/api/v2/status.json").headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in get(folder, "/status/").headers


def test_who_has_it_already_is_not_sent_it_again(folder: Path) -> None:
    tag = get(folder, "/status/").headers["etag"]
    assert get(folder, "/status/", if_none_match=tag).status_code == 304
    assert get(folder, "/status/", if_none_match=f'"x", {tag}').status_code == 304
    assert get(folder, "/status/", if_none_match='"other"').status_code == 200


def test_without_a_slash_one_is_led_to_it(folder: Path) -> None:
    answer = get(folder, "/status")
    assert (answer.status_code, answer.headers["location"]) == (308, "/status/")


@pytest.mark.parametrize(
    "name",
    [
        "../secret.html",
        "incidents/../../secret.html",
        "/etc/passwd",
        "//etc/passwd",
        ".mainstay-status-page",
        "incidents",
        "index.html\x00.json",
        "a" * 300 + ".html",
        "index.html/",
        "",
        "nothing.html",
        "..%2fsecret.html",
    ],
)
def test_nothing_else_is_given(folder: Path, name: str) -> None:
    assert PublicFiles(folder).read(name) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text())
def test_no_name_raises(folder: Path, name: str) -> None:
    PublicFiles(folder).read(name)
    PublicFiles(folder).read(f"{name}.html")


def test_links_lead_nowhere(folder: Path) -> None:
    (folder / "link.html").symlink_to(folder.parent / "secret.html")
    (folder / "away").symlink_to(folder.parent)
    assert PublicFiles(folder).read("link.html") is None
    assert PublicFiles(folder).read("away/secret.html") is None


def test_a_state_folder_behind_a_link_is_fine(folder: Path) -> None:
    behind = folder.parent / "behind"
    behind.symlink_to(folder)
    assert PublicFiles(behind).read("index.html")


def test_a_file_that_is_too_large_is_none_of_ours(folder: Path) -> None:
    with (folder / "index.html").open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    assert get(folder, "/status/").status_code == 503


def test_what_is_not_there_is_said_plainly(folder: Path, tmp_path: Path) -> None:
    assert get(folder, "/status/incidents/INC-99.html").status_code == 404
    absent = get(tmp_path / "no-such-folder", "/status/")
    assert (absent.status_code, absent.headers["retry-after"]) == (503, "60")
    assert b"not been written yet" in bytes(absent.body)
