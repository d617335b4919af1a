"""A control plane starts whatever is in its way, says what is wrong, and lets nobody in for that."""

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from mainstay.control.people.accounts import Accounts
from mainstay.control.people.passwords import Argon2
from mainstay.control.people.roles import Role
from tests.control.stand import csrf_of
from tests.e2e.process import Process, answer_or_none, free_port
from tests.e2e.raw import get

NAME, PASSWORD = "ada", "correct horse battery"
SECRET = "canary-of-the-store"


class StoreHealth(msgspec.Struct):
    """How the store is, as the control plane says."""

    trouble: str | None = None


class Ready(msgspec.Struct):
    """What is read of its `/readyz`."""

    status: str
    people: str
    people_degraded: bool = False
    store: StoreHealth | None = None


class Plane:
    """A control plane with one account, an admin's; it does not run yet."""

    def __init__(self, folder: Path, store: str = "") -> None:
        self.folder = folder
        self.state = folder / "state"
        self.url = f"http://127.0.0.1:{free_port()}"
        self._environment = {"STORE": store}
        tree = {
            "control": {"listen": self.url.removeprefix("http://")},
            "state": str(self.state),
            "upstreams": {"alpha": {"dialect": "anthropic", "base_url": "http://127.0.0.1:9"}},
            "models": {"claude": {"candidates": [{"upstream": "alpha"}]}},
        }
        (folder / "mainstay.yaml").write_bytes(msgspec.json.encode(tree | ({"store": "env:STORE"} if store else {})))
        Accounts(self.state).add(NAME, Role.ADMIN, Argon2().hash(PASSWORD), time.time())

    @contextmanager
    def running(self) -> Iterator[Process]:
        """It runs, and in the end has ended well."""
        arguments = ["control", "-c", str(self.folder / "mainstay.yaml")]
        with Process(arguments, self.folder, self._environment) as process:
            process.until(lambda: answer_or_none(self.url, "/readyz") is not None, "the control plane answers")
            yield process
            assert process.stop() == 0, process.output
            assert "eve" not in Accounts(self.state).all()
            for word in ("Traceback", SECRET, PASSWORD):
                assert word not in process.output

    def ready(self) -> Ready:
        """What it says."""
        return msgspec.json.decode(get(self.url, "/readyz").body, type=Ready)

    def browser(self) -> httpx.Client:
        """Somebody's, who is nobody yet."""
        return httpx.Client(base_url=self.url, trust_env=False)


def log_in(browser: httpx.Client, name: str = NAME, password: str = PASSWORD) -> int:
    """Log in as a person would; the status of the answer."""
    form = {"csrf": csrf_of(browser.get("/login")), "name": name, "password": password, "next": "/"}
    origin = str(browser.base_url).rstrip("/")
    return browser.post("/login", data=form, headers={"origin": origin}).status_code


def assert_shut(browser: httpx.Client) -> None:
    """Nobody gets to see anything."""
    assert browser.get("/").headers.get("location", "").startswith("/login")
    assert browser.get("/api/overview").status_code == 401
    assert browser.get("/api/people").status_code == 401
    added = browser.post("/people/add", data={"name": "eve", "role": "admin", "password": PASSWORD})
    assert added.status_code in {401, 403} or added.headers["location"].startswith("/login")


@pytest.fixture
def plane(tmp_path: Path) -> Plane:
    return Plane(tmp_path)


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff" * 40, b'{"format": 2}', None], ids=str)
def test_with_broken_accounts_nobody_is_let_in_until_they_are_restored(plane: Plane, damage: bytes | None) -> None:
    path = plane.state / "control" / "people.json"
    whole = path.read_bytes()
    path.unlink()
    if damage is None:
        path.mkdir()
    else:
        path.write_bytes(damage)
    with plane.running() as process, plane.browser() as browser:
        assert plane.ready().people == "nobody"
        assert plane.ready().people_degraded
        assert "people.json" in process.output
        assert_shut(browser)
        assert log_in(browser) == 401
        assert_shut(browser)
        if path.is_dir():
            path.rmdir()
        path.write_bytes(whole)
        process.until(lambda: plane.ready().people == "local", "the accounts are read again")
        assert not plane.ready().people_degraded
        assert log_in(browser) == 303
        assert browser.get("/api/overview").status_code == 200


def test_without_a_folder_for_people_the_plane_does_not_run_open(plane: Plane) -> None:
    shutil.rmtree(plane.state / "control")
    (plane.state / "control").write_text("in the way")
    with plane.running(), plane.browser() as browser:
        assert plane.ready().people_degraded
        assert_shut(browser)


@pytest.mark.parametrize("damage", [b"", b"{", b'{"keys": []}', None], ids=str)
def test_with_a_broken_cookie_key_people_log_in_and_are_told_that_it_will_not_last(
    plane: Plane, damage: bytes | None
) -> None:
    path = plane.state / "control" / "cookie.key"
    with plane.running(), plane.browser() as browser:
        assert log_in(browser) == 303
        cookies = httpx.Cookies(browser.cookies)
    path.unlink()
    if damage is None:
        path.mkdir()
    else:
        path.write_bytes(damage)
    with plane.running() as process, plane.browser() as browser:
        browser.cookies = cookies
        assert plane.ready().people_degraded
        assert "cookie.key" in process.output
        # Whoever had a session has none that this process could verify.
        assert_shut(browser)
        assert log_in(browser) == 303
        assert browser.get("/api/overview").status_code == 200
        with plane.browser() as stranger:
            assert_shut(stranger)


@pytest.mark.parametrize("hangs", [True, False], ids=["hangs", "is away"])
def test_without_the_store_it_shows_what_it_knows_and_says_so(tmp_path: Path, *, hangs: bool) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        if hangs:
            listening.listen()
        plane = Plane(tmp_path, f"postgresql://somebody:{SECRET}@127.0.0.1:{listening.getsockname()[1]}/records")
        with plane.running() as process, plane.browser() as browser:
            process.until(lambda: (plane.ready().store or StoreHealth()).trouble is not None, "it says so")
            assert SECRET not in get(plane.url, "/readyz").text
            assert log_in(browser) == 303
            shown = browser.get("/api/overview")
            assert shown.status_code == 200
            assert SECRET not in shown.text


@pytest.mark.parametrize("file", ["ledger.sqlite", "shipped", "journal-control.sqlite", "keys"])
def test_whatever_else_of_the_state_folder_is_in_the_way_it_runs(plane: Plane, file: str) -> None:
    path = plane.state / file
    if path.suffix:
        path.mkdir()
    else:
        path.write_text("in the way")
    with plane.running(), plane.browser() as browser:
        assert_shut(browser)
        assert log_in(browser) == 303
        assert browser.get("/api/overview").status_code == 200
