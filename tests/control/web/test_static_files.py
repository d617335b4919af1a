import re

from starlette.types import ASGIApp

from mainstay.control.web.answers import TEMPLATES
from mainstay.control.web.static_files import FOLDER, TYPES
from tests.control.stand import Browser, Stand


def test_each_file_is_given_to_everybody_with_its_type(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        for name, media in TYPES.items():
            answer = await browser.get(f"/static/{name}")
            assert answer.status_code == 200
            assert answer.headers["content-type"].partition(";")[0] == media
            assert "set-cookie" not in answer.headers
            again = await browser.get(f"/static/{name}", headers={"if-none-match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")

    peopled.play(scene)


def test_no_other_file_can_be_had(peopled: Stand) -> None:
    async def scene(app: ASGIApp) -> None:
        browser = Browser(app)
        for path in ("/static/", "/static/../answers.py", "/static/%2e%2e/answers.py", "/static//etc/passwd"):
            assert (await browser.get(path)).status_code == 404

    peopled.play(scene)


def test_nothing_is_fetched_from_elsewhere_and_nothing_stands_inline() -> None:
    for path in [*TEMPLATES.iterdir(), *FOLDER.iterdir()]:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//cdn|@import|url\(", text), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text), path


def test_every_file_of_a_page_is_one_that_is_served() -> None:
    used = {name for path in TEMPLATES.iterdir() for name in re.findall(r"/static/([a-z.]+)", path.read_text())}
    assert used == set(TYPES) == {path.name for path in FOLDER.iterdir()}
