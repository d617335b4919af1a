from itertools import count
from pathlib import Path

import msgspec
import pytest

from mainstay.control.people import sessions as sessions_module
from mainstay.control.people.cookie_keys import CookieKeys, Seal
from mainstay.control.people.roles import Origin, Role
from mainstay.control.people.sessions import (
    CLOCK_LEEWAY_SECONDS,
    LIFE_SECONDS,
    RENEW_SECONDS,
    WHOLE_LIFE_SECONDS,
    Session,
    Sessions,
)


class Scene:
    """Sessions and a clock."""

    def __init__(self, state: Path) -> None:
        self.wall = 1_800_000_000.0
        numbers = count()
        seal = Seal(CookieKeys(state, lambda: self.wall))
        self.sessions = Sessions(seal, lambda: self.wall, lambda: f"id{next(numbers)}")

    def begin(self) -> str:
        return self.sessions.begin("ann", Origin.LOCAL, epoch=3)

    def read(self, cookie: str) -> Session:
        session = self.sessions.read(cookie)
        assert session is not None
        return session


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_cookie_holds_all_there_is_to_know(scene: Scene) -> None:
    session = scene.read(scene.begin())
    assert (session.name, session.origin, session.epoch) == ("ann", Origin.LOCAL, 3)
    provided = scene.sessions.begin("bob", Origin.PROVIDER, role=Role.OPERATOR, policy="p")
    session = scene.read(provided)
    assert (session.name, session.origin, session.role, session.policy) == ("bob", Origin.PROVIDER, Role.OPERATOR, "p")


def test_each_login_has_an_id_of_its_own(scene: Scene) -> None:
    assert scene.read(scene.begin()).id != scene.read(scene.begin()).id


def test_an_unused_session_ends(scene: Scene) -> None:
    cookie = scene.begin()
    scene.wall += LIFE_SECONDS - 1
    assert scene.sessions.read(cookie) is not None
    scene.wall += 1
    assert scene.sessions.read(cookie) is None


def test_a_session_in_use_lives_on_and_not_for_ever(scene: Scene) -> None:
    cookie = scene.begin()
    began = scene.wall
    while (session := scene.sessions.read(cookie)) is not None:
        scene.wall += RENEW_SECONDS
        cookie = scene.sessions.renewed(session) or cookie
    assert WHOLE_LIFE_SECONDS <= scene.wall - began <= WHOLE_LIFE_SECONDS + RENEW_SECONDS


def test_a_young_cookie_is_not_replaced(scene: Scene) -> None:
    session = scene.read(scene.begin())
    scene.wall += RENEW_SECONDS - 1
    assert scene.sessions.renewed(session) is None


def test_an_ended_session_is_over_with_all_its_cookies(scene: Scene) -> None:
    cookie = scene.begin()
    session = scene.read(cookie)
    scene.wall += RENEW_SECONDS
    younger = scene.sessions.renewed(session)
    scene.sessions.end(session)
    assert scene.sessions.read(cookie) is None
    assert younger is not None
    assert scene.sessions.read(younger) is None


def test_ended_sessions_are_bounded(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions_module, "ENDED_MAX", 3)
    for _ in range(10):
        scene.sessions.end(scene.read(scene.begin()))
    assert len(scene.sessions._ended) == 3


def test_a_clock_that_is_set_back_a_little_logs_nobody_out(scene: Scene) -> None:
    cookie = scene.begin()
    scene.wall -= CLOCK_LEEWAY_SECONDS
    assert scene.sessions.read(cookie) is not None


def test_a_session_of_a_far_future_is_none(scene: Scene) -> None:
    scene.wall += 10 * LIFE_SECONDS
    cookie = scene.begin()
    scene.wall -= 10 * LIFE_SECONDS
    assert scene.sessions.read(cookie) is None


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b'["id"]', b'["id","ann","root",1,3,"",0,0]', b"\xff", b"1"])
def test_what_we_signed_as_something_else_is_no_session(scene: Scene, payload: bytes) -> None:
    assert scene.sessions.read(scene.sessions.seal.seal("session", payload)) is None
    assert scene.sessions.read(scene.sessions.seal.seal("visit", payload)) is None


def test_a_cookie_for_another_purpose_is_no_session(scene: Scene) -> None:
    session = scene.read(scene.begin())
    assert scene.sessions.read(scene.sessions.seal.seal("visit", msgspec.json.encode(session))) is None


def test_a_cookie_fits_into_a_browser_whatever_the_name(scene: Scene) -> None:
    cookie = scene.sessions.begin("\U0001f600" * 100, Origin.PROVIDER, role=Role.ADMIN, policy="p" * 16)
    assert len(cookie) < 3_000
    assert scene.sessions.read(cookie) is not None
