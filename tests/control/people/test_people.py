import asyncio
from itertools import count
from pathlib import Path

import msgspec
import pytest

from mainstay.config.secret import Secret
from mainstay.config.snapshot import Login
from mainstay.control.people.accounts import Accounts
from mainstay.control.people.cookie_keys import CookieKeys, Seal
from mainstay.control.people.passwords import Passwords
from mainstay.control.people.people import LoggedIn, People, Refused, shown_name
from mainstay.control.people.roles import NOBODY_LOGS_IN, Origin, Person, Role
from mainstay.control.people.sessions import Sessions
from mainstay.control.people.throttle import ACCOUNT_PACE, Throttle
from tests.control.stand import PASSWORD, QuickHasher

LOGIN = Login("https://id.example.com", "mainstay", Secret("s"), "groups", {"ops": "operator"})
HERE = "192.0.2.1"


class Scene:
    """People of a state folder."""

    def __init__(self, state: Path, *, login: Login | None = None, may_run_open: bool = False) -> None:
        numbers = count()
        self.hasher = QuickHasher()
        self.accounts = Accounts(state)
        sessions = Sessions(Seal(CookieKeys(state, lambda: 0.0)), lambda: 0.0, lambda: f"id{next(numbers)}")
        self.people = People(
            self.accounts,
            Passwords(self.hasher),
            sessions,
            Throttle(lambda: 0.0),
            login=login,
            may_run_open=may_run_open,
        )

    def add(self, name: str = "ann", role: Role = Role.ADMIN) -> None:
        self.accounts.add(name, role, f"quick:{PASSWORD}", 0)

    def log_in(self, name: str = "ann", password: str = PASSWORD, browser: str = "") -> LoggedIn | Refused:
        return asyncio.run(self.people.log_in(name, password, HERE, browser))

    def cookie(self) -> str:
        outcome = self.log_in()
        assert isinstance(outcome, LoggedIn)
        return outcome.cookie

    def person(self, cookie: str) -> Person | None:
        known = self.people.identify(cookie)
        return None if known is None else known.person


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path)
    scene.add()
    return scene


def test_who_logs_in_is_known_by_the_cookie(scene: Scene) -> None:
    assert scene.person(scene.cookie()) == Person("ann", Role.ADMIN, Origin.LOCAL)
    assert scene.person("") is None
    assert scene.person("nonsense") is None


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong"), ("bob", PASSWORD), ("", ""), ("<ann>", PASSWORD)])
def test_who_does_not_know_the_password_is_nobody(scene: Scene, name: str, password: str) -> None:
    assert scene.log_in(name, password) == Refused()


@pytest.mark.parametrize("name", ["ann", "bob", "", "x" * 100_000, "\ud800", "' OR 1=1 --"])
def test_known_and_unknown_names_take_the_same_work(scene: Scene, name: str) -> None:
    scene.log_in(name, "wrong")
    assert len(scene.hasher.verified) == 1


def test_upper_and_lower_case_are_the_same_person_for_the_throttle_too(scene: Scene) -> None:
    for name in ["ann", "ANN", " Ann", "aNN", "anN"]:
        assert scene.log_in(name, "wrong") == Refused()
    assert scene.log_in("AnN") == Refused(wait_seconds=1)
    assert len(scene.hasher.verified) == ACCOUNT_PACE.free


def test_a_browser_that_is_known_is_not_held_up_by_strangers(scene: Scene) -> None:
    outcome = scene.log_in()
    assert isinstance(outcome, LoggedIn)
    for _ in range(10):
        scene.log_in("ann", "wrong")
    assert scene.log_in() == Refused(wait_seconds=1)
    again = scene.log_in(browser=outcome.browser_cookie)
    assert isinstance(again, LoggedIn)
    assert scene.log_in("bob", "wrong", outcome.browser_cookie) == Refused()


def test_a_known_browser_is_no_key_to_the_names_of_others(scene: Scene) -> None:
    scene.add("bob")
    outcome = scene.log_in("bob")
    assert isinstance(outcome, LoggedIn)
    for _ in range(ACCOUNT_PACE.free):
        scene.log_in("ann", "wrong")
    assert scene.log_in("ann", PASSWORD, outcome.browser_cookie) == Refused(wait_seconds=1)


@pytest.mark.parametrize("payload", [b"{}", b"[]", b'["ann"]', b"\xff"])
def test_a_browser_cookie_of_another_form_is_none(scene: Scene, payload: bytes) -> None:
    cookie = scene.people.sessions.seal.seal("browser", payload)
    assert isinstance(scene.log_in(browser=cookie), LoggedIn)


def test_a_removed_persons_sessions_are_over_also_when_the_name_comes_back(scene: Scene) -> None:
    cookie = scene.cookie()
    scene.accounts.remove("ann")
    assert scene.person(cookie) is None
    scene.add()
    assert scene.person(cookie) is None
    assert scene.person(scene.cookie()) is not None


def test_a_new_password_ends_sessions(scene: Scene) -> None:
    cookie = scene.cookie()
    scene.accounts.set_password("ann", "quick:another password")
    assert scene.person(cookie) is None


def test_a_new_role_counts_at_once(scene: Scene) -> None:
    cookie = scene.cookie()
    scene.accounts.set_role("ann", Role.VIEWER)
    assert scene.person(cookie) == Person("ann", Role.VIEWER, Origin.LOCAL)


@pytest.mark.parametrize("damage", ["remove", "overwrite"])
def test_a_lost_file_of_accounts_logs_nobody_out_and_lets_nobody_else_in(scene: Scene, damage: str) -> None:
    cookie = scene.cookie()
    if damage == "remove":
        scene.accounts.path.unlink()
    else:
        scene.accounts.path.write_bytes(b"{")
    assert scene.person(cookie) == Person("ann", Role.ADMIN, Origin.LOCAL)
    assert scene.person("") is None
    assert isinstance(scene.log_in(), LoggedIn)


def test_whom_the_provider_vouches_for_has_the_role_of_the_login(tmp_path: Path) -> None:
    scene = Scene(tmp_path, login=LOGIN)
    _, cookie = scene.people.log_in_provided("ann", Role.OPERATOR)
    assert scene.person(cookie) == Person("ann", Role.OPERATOR, Origin.PROVIDER)


def test_a_providers_person_is_not_the_local_one_of_that_name(tmp_path: Path) -> None:
    scene = Scene(tmp_path, login=LOGIN)
    scene.add("ann", Role.ADMIN)
    _, cookie = scene.people.log_in_provided("ann", Role.VIEWER)
    assert scene.person(cookie) == Person("ann", Role.VIEWER, Origin.PROVIDER)


@pytest.mark.parametrize(
    "other",
    [
        None,
        msgspec.structs.replace(LOGIN, roles={"ops": "viewer"}),
        msgspec.structs.replace(LOGIN, issuer="https://elsewhere.example.com"),
        msgspec.structs.replace(LOGIN, roles_claim="teams"),
    ],
)
def test_sessions_that_another_rule_let_in_are_over(tmp_path: Path, other: Login | None) -> None:
    _, cookie = Scene(tmp_path, login=LOGIN).people.log_in_provided("ann", Role.OPERATOR)
    assert Scene(tmp_path, login=LOGIN).person(cookie) is not None
    changed = Scene(tmp_path, login=other)
    assert changed.person(cookie) is None


def test_a_session_from_when_it_ran_open_does_not_exist(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    assert scene.person(scene.people.sessions.begin("everybody", Origin.OPEN, role=Role.ADMIN)) is None


def test_it_runs_open_until_there_is_an_account_and_never_again(tmp_path: Path) -> None:
    scene = Scene(tmp_path, may_run_open=True)
    assert scene.person("") == NOBODY_LOGS_IN
    assert scene.people.mode == "open"
    scene.add()
    assert scene.person("") is None
    assert scene.people.mode == "local"
    scene.accounts.remove("ann")
    assert scene.person("") is None
    assert scene.people.mode == "nobody"
    scene.accounts.path.unlink()
    assert scene.person("") is None


def test_with_a_provider_it_never_runs_open(tmp_path: Path) -> None:
    scene = Scene(tmp_path, login=LOGIN, may_run_open=True)
    assert scene.person("") is None
    assert scene.people.mode == "provider"
    scene.add()
    assert scene.people.mode == "local+provider"


def test_a_damaged_file_is_no_reason_to_run_open(tmp_path: Path) -> None:
    path = Accounts(tmp_path).path
    path.parent.mkdir()
    path.write_bytes(b"{")
    scene = Scene(tmp_path, may_run_open=True)
    assert scene.person("") is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ann B.", "Ann B."),
        ("a\nb\x1b[31m\u202e", "ab[31m"),
        ("", "somebody"),
        (" \0 ", "somebody"),
        ("x" * 999, "x" * 100),
    ],
)
def test_names_that_others_made_up_are_made_fit_for_showing(text: str, shown: str) -> None:
    assert shown_name(text) == shown
