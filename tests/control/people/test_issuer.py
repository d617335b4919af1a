import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import ECKey, KeySet

from mainstay.control.people.fetching import IssuerDownError
from mainstay.control.people.issuer import DOWN_SECONDS, FRESH_SECONDS, KEYS_PAUSE_SECONDS, Issuer, IssuerFaultError

URL = "https://id.example.com/realm"
DESCRIPTION = {
    "issuer": URL,
    "authorization_endpoint": f"{URL}/authorize",
    "token_endpoint": f"{URL}/token",
    "jwks_uri": f"{URL}/keys",
}


def key_set(*names: str) -> str:
    keys = [ECKey.generate_key("P-256", {"kid": name}) for name in names]
    return json.dumps(KeySet(list(keys)).as_dict(private=False))


class Scene:
    """An issuer that answers from a table, and a clock."""

    def __init__(self, state: Path) -> None:
        self.path = state / "control" / "issuer.json"
        self.now = 0.0
        self.asked: list[str] = []
        self.reports: list[str] = []
        self.answers: dict[str, tuple[int, str]] = {
            f"{URL}/.well-known/openid-configuration": (200, json.dumps(DESCRIPTION)),
            f"{URL}/keys": (200, key_set("first")),
        }
        self.is_down = False

    def describe(self, **changes: object) -> None:
        text = json.dumps(DESCRIPTION | changes)
        self.answers[f"{URL}/.well-known/openid-configuration"] = (200, text)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if self.is_down:
            raise httpx.ConnectError("down", request=request)
        status, body = self.answers[str(request.url)]
        return httpx.Response(status, text=body)

    def play(self, scene: Callable[[Issuer], Awaitable[None]], url: str = URL) -> None:
        async def work() -> None:
            async with httpx.AsyncClient(transport=httpx.MockTransport(self._answer)) as client:
                await scene(Issuer(url, self.path, client, lambda: self.now, self.reports.append))

        asyncio.run(work())


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_description_is_asked_for_once_while_it_is_fresh(scene: Scene) -> None:
    async def play(issuer: Issuer) -> None:
        assert (await issuer.description()).token_endpoint == f"{URL}/token"
        asked = len(scene.asked)
        scene.now += FRESH_SECONDS - 1
        await issuer.description()
        assert len(scene.asked) == asked
        scene.now += 1
        await issuer.description()
        assert len(scene.asked) == asked + 1

    scene.play(play)


def test_a_slash_at_the_end_is_no_other_issuer(scene: Scene) -> None:
    async def play(issuer: Issuer) -> None:
        assert (await issuer.description()).issuer == URL

    scene.play(play, f"{URL}/")


def test_what_it_said_last_survives_a_restart_and_an_outage(scene: Scene) -> None:
    async def before(issuer: Issuer) -> None:
        await issuer.description()

    async def after(issuer: Issuer) -> None:
        scene.is_down = True
        assert (await issuer.known()).token_endpoint == f"{URL}/token"
        assert [key.kid for key in (await issuer.keys("first")).keys] == ["first"]
        assert scene.asked == []
        with pytest.raises(IssuerDownError):
            await issuer.description()

    scene.play(before)
    scene.asked.clear()
    scene.play(after)


def test_during_an_outage_it_is_not_asked_by_everybody(scene: Scene) -> None:
    async def play(issuer: Issuer) -> None:
        scene.is_down = True
        for _ in range(20):
            with pytest.raises(IssuerDownError):
                await issuer.description()
        assert len(scene.asked) == 1
        assert len(scene.reports) == 1
        scene.is_down = False
        scene.now += DOWN_SECONDS
        await issuer.description()

    scene.play(play)


def test_a_new_key_is_looked_for_at_most_so_often(scene: Scene) -> None:
    async def play(issuer: Issuer) -> None:
        await issuer.description()
        scene.answers[f"{URL}/keys"] = (200, key_set("first", "second"))
        assert {key.kid for key in (await issuer.keys("second")).keys} == {"first", "second"}
        asked = len(scene.asked)
        for number in range(20):
            await issuer.keys(f"unknown{number}")
        assert len(scene.asked) == asked
        scene.now += KEYS_PAUSE_SECONDS
        await issuer.keys("unknown")
        assert len(scene.asked) == asked + 1

    scene.play(play)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://id.example.com/other"},
        {"token_endpoint": "http://id.example.com/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://id.example.com/a b"},
        {"token_endpoint": 7},
        {"jwks_uri": ""},
    ],
)
def test_a_description_that_cannot_be_trusted_is_not_used(scene: Scene, changes: dict[str, object]) -> None:
    async def at_first(issuer: Issuer) -> None:
        with pytest.raises(IssuerFaultError):
            await issuer.description()

    async def later(issuer: Issuer) -> None:
        scene.describe()
        good = await issuer.description()
        scene.describe(**changes)
        scene.now += FRESH_SECONDS
        assert await issuer.description() == good
        assert "its last one counts" in scene.reports[-1]

    scene.describe(**changes)
    scene.play(at_first)
    assert not scene.path.exists()
    scene.play(later)


@pytest.mark.parametrize("answer", [(404, ""), (200, ""), (200, "[]"), (200, "[" * 100_000), (302, "")])
def test_an_answer_that_is_no_description_is_a_fault(scene: Scene, answer: tuple[int, str]) -> None:
    async def play(issuer: Issuer) -> None:
        with pytest.raises(IssuerFaultError):
            await issuer.description()

    scene.answers[f"{URL}/.well-known/openid-configuration"] = answer
    scene.play(play)


@pytest.mark.parametrize(
    "answer", [(404, ""), (200, ""), (200, "[]"), (200, '{"keys": []}'), (200, '{"keys": [{"kty": "x"}]}'), (200, "7")]
)
def test_keys_that_are_none_are_a_fault_and_replace_nothing(scene: Scene, answer: tuple[int, str]) -> None:
    async def play(issuer: Issuer) -> None:
        await issuer.description()
        scene.answers[f"{URL}/keys"] = answer
        with pytest.raises(IssuerFaultError):
            await issuer.keys("second")
        assert [key.kid for key in (await issuer.keys("first")).keys] == ["first"]

    scene.play(play)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"description": {}, "keys": ""}'])
def test_a_damaged_file_is_as_none(scene: Scene, content: bytes) -> None:
    async def play(issuer: Issuer) -> None:
        assert (await issuer.known()).issuer == URL

    scene.path.parent.mkdir()
    scene.path.write_bytes(content)
    scene.play(play)
    assert len(scene.asked) == 2


def test_what_another_issuer_said_is_not_used(scene: Scene) -> None:
    async def play(issuer: Issuer) -> None:
        await issuer.description()

    async def other(issuer: Issuer) -> None:
        scene.is_down = True
        with pytest.raises(IssuerDownError):
            await issuer.known()

    scene.play(play)
    scene.play(other, "https://other.example.com")


def test_a_full_disk_stops_nothing(scene: Scene) -> None:
    async def play(issuer: Issuer) -> None:
        assert (await issuer.description()).issuer == URL

    scene.path.parent.parent.joinpath("control").write_bytes(b"no folder")
    scene.play(play)
    assert "cannot be written" in scene.reports[0]
