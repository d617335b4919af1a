import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from mainstay.config.secret import Secret
from mainstay.config.snapshot import Login
from mainstay.control.people.cookie_keys import CookieKeys, Seal
from mainstay.control.people.fetching import IssuerDownError
from mainstay.control.people.issuer import KEYS_PAUSE_SECONDS, Issuer, IssuerFaultError
from mainstay.control.people.provider_login import (
    FLOW_SECONDS,
    Begun,
    ProviderLogin,
    ProviderRefusedError,
    Vouched,
    best_role,
)
from mainstay.control.people.roles import Role
from tests.control.issuer_server import CLIENT_ID, CLIENT_SECRET, IssuerServer, new_key

REDIRECT = "http://127.0.0.1:8485/login/callback"
ROLES = {"staff": "viewer", "ops": "operator", "chiefs": "admin"}


@pytest.fixture
def server() -> Iterator[IssuerServer]:
    with IssuerServer() as server:
        yield server


class Scene:
    """A login at a real server on loopback."""

    def __init__(self, server: IssuerServer, state: Path, secret: str = CLIENT_SECRET) -> None:
        self.server = server
        self.state = state
        self.wall = server.wall
        self.clock = 0.0
        self.secret = secret
        self.claim = "groups"

    def play(self, play: Callable[[ProviderLogin], Awaitable[None]]) -> None:
        numbers = count()

        async def work() -> None:
            async with httpx.AsyncClient(trust_env=False) as client:
                path = self.state / "issuer.json"
                issuer = Issuer(self.server.url, path, client, lambda: self.clock, lambda _line: None)
                login = Login(self.server.url, CLIENT_ID, Secret(self.secret), self.claim, ROLES)
                seal = Seal(CookieKeys(self.state, lambda: self.wall))
                random_id = lambda: f"state-number-{next(numbers)}"  # noqa: E731
                await play(ProviderLogin(login, REDIRECT, issuer, seal, lambda: self.wall, random_id))

        asyncio.run(work())

    async def at_provider(self, begun: Begun) -> dict[str, str]:
        """Do what the browser does there; gives the query with which it comes back."""
        async with httpx.AsyncClient(trust_env=False) as browser:
            location = (await browser.get(begun.url)).headers["location"]
        assert location.startswith(REDIRECT)
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    async def log_in(self, login: ProviderLogin) -> Vouched:
        begun = await login.begin("/people")
        return await login.finish(await self.at_provider(begun), begun.cookie)


@pytest.fixture
def scene(server: IssuerServer, tmp_path: Path) -> Scene:
    return Scene(server, tmp_path)


def test_whom_the_provider_knows_is_logged_in_with_the_best_role(scene: Scene) -> None:
    async def play(login: ProviderLogin) -> None:
        assert await scene.log_in(login) == Vouched("Paula", Role.OPERATOR, "/people")

    scene.play(play)


def test_the_request_asks_for_a_code_with_pkce_state_and_nonce(scene: Scene) -> None:
    async def play(login: ProviderLogin) -> None:
        begun = await login.begin("/")
        query = {name: values[0] for name, values in parse_qs(urlsplit(begun.url).query).items()}
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert query["scope"] == "openid profile groups"
        assert query["redirect_uri"] == REDIRECT
        assert len({query["state"], query["nonce"], query["code_challenge"]}) == 3
        # Who can read the browser's cookie learns neither verifier nor nonce.
        assert query["nonce"] not in begun.cookie
        assert "client secret" not in begun.url + begun.cookie

    scene.play(play)


def test_a_login_that_was_begun_in_another_browser_is_refused(scene: Scene) -> None:
    async def play(login: ProviderLogin) -> None:
        mine, other = await login.begin("/"), await login.begin("/")
        answer = await scene.at_provider(other)
        for cookie in (mine.cookie, "", "nonsense", other.cookie + "x"):
            with pytest.raises(ProviderRefusedError, match="not begun in this browser"):
                await login.finish(answer, cookie)

    scene.play(play)


def test_a_code_from_another_login_is_refused(scene: Scene) -> None:
    async def play(login: ProviderLogin) -> None:
        mine, other = await login.begin("/"), await login.begin("/")
        answer = await scene.at_provider(mine)
        stolen = await scene.at_provider(other)
        with pytest.raises(ProviderRefusedError, match="did not confirm"):
            await login.finish(answer | {"code": stolen["code"]}, mine.cookie)

    scene.play(play)


def test_a_code_serves_once(scene: Scene) -> None:
    async def play(login: ProviderLogin) -> None:
        begun = await login.begin("/")
        answer = await scene.at_provider(begun)
        await login.finish(answer, begun.cookie)
        with pytest.raises(ProviderRefusedError):
            await login.finish(answer, begun.cookie)

    scene.play(play)


def test_a_login_that_takes_too_long_is_refused(scene: Scene) -> None:
    async def play(login: ProviderLogin) -> None:
        begun = await login.begin("/")
        answer = await scene.at_provider(begun)
        scene.wall += FLOW_SECONDS + 1
        with pytest.raises(ProviderRefusedError, match="took too long"):
            await login.finish(answer, begun.cookie)

    scene.play(play)


def test_who_has_no_group_with_a_role_is_refused(scene: Scene) -> None:
    async def play(login: ProviderLogin) -> None:
        with pytest.raises(ProviderRefusedError, match="none of your groups has a role"):
            await scene.log_in(login)

    scene.server.claims["groups"] = ["guests"]
    scene.play(play)


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "https://elsewhere.example.com"},
        {"aud": "another client"},
        {"aud": ["mainstay", "another client"]},
        {"azp": "another client"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1_799_990_000},
        {"exp": "later"},
        {"exp": None},
        {"nbf": 1_900_000_000},
        {"iat": 1_900_000_000},
        {"at_hash": "bm90IGl0"},
    ],
)
def test_a_token_that_is_not_for_this_login_is_refused(scene: Scene, lies: dict[str, object]) -> None:
    async def play(login: ProviderLogin) -> None:
        with pytest.raises(ProviderRefusedError, match="is not valid"):
            await scene.log_in(login)

    scene.server.lies = lies
    scene.play(play)


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"kid": "unknown"}, {"kid": ""}])
def test_a_token_that_the_provider_did_not_sign_is_refused(scene: Scene, header: dict[str, str]) -> None:
    async def play(login: ProviderLogin) -> None:
        with pytest.raises(ProviderRefusedError, match="is not valid"):
            await scene.log_in(login)

    scene.server.header = header
    scene.server.signing_key = new_key("forged")
    scene.play(play)


def test_a_forged_signature_under_a_known_key_id_is_refused(scene: Scene) -> None:
    async def play(login: ProviderLogin) -> None:
        with pytest.raises(ProviderRefusedError, match="is not valid"):
            await scene.log_in(login)

    scene.server.signing_key = new_key("first")
    scene.play(play)


@pytest.mark.parametrize("name", ["second", "first"])
def test_keys_that_were_replaced_are_found_under_a_new_name_and_the_same(scene: Scene, name: str) -> None:
    async def play(login: ProviderLogin) -> None:
        await scene.log_in(login)
        scene.server.key = new_key(name)
        scene.server.published = [scene.server.key]
        scene.clock += KEYS_PAUSE_SECONDS
        assert (await scene.log_in(login)).name == "Paula"

    scene.play(play)


@pytest.mark.parametrize("answer", [{"error": "access_denied", "error_description": "<b>no</b>"}, {"code": ""}])
def test_a_refusal_of_the_provider_is_told_in_our_own_words(scene: Scene, answer: dict[str, str]) -> None:
    async def play(login: ProviderLogin) -> None:
        begun = await login.begin("/")
        state = parse_qs(urlsplit(begun.url).query)["state"][0]
        with pytest.raises(ProviderRefusedError) as caught:
            await login.finish({"state": state, **answer}, begun.cookie)
        assert "<b>" not in str(caught.value)

    scene.play(play)


def test_an_answer_that_names_another_issuer_is_refused(scene: Scene) -> None:
    async def play(login: ProviderLogin) -> None:
        begun = await login.begin("/")
        answer = await scene.at_provider(begun)
        with pytest.raises(ProviderRefusedError, match="another identity provider"):
            await login.finish(answer | {"iss": "https://elsewhere"}, begun.cookie)

    scene.play(play)


def test_a_wrong_client_secret_is_our_fault_and_does_not_leak(server: IssuerServer, tmp_path: Path) -> None:
    scene = Scene(server, tmp_path, secret="a canary")

    async def play(login: ProviderLogin) -> None:
        with pytest.raises(IssuerFaultError, match="does not accept") as caught:
            await scene.log_in(login)
        assert "canary" not in str(caught.value)

    scene.play(play)


@pytest.mark.parametrize(("status", "error"), [(503, IssuerDownError), (404, IssuerFaultError)])
def test_a_token_endpoint_in_trouble_is_told_apart_from_a_refusal(
    scene: Scene, status: int, error: type[Exception]
) -> None:
    async def play(login: ProviderLogin) -> None:
        with pytest.raises(error):
            await scene.log_in(login)

    scene.server.fails = {"/token": status}
    scene.play(play)


def test_an_outage_while_the_person_is_there_is_an_outage(scene: Scene) -> None:
    async def play(login: ProviderLogin) -> None:
        begun = await login.begin("/")
        answer = await scene.at_provider(begun)
        scene.server.stop()
        with pytest.raises(IssuerDownError):
            await login.finish(answer, begun.cookie)
        scene.clock += 100
        with pytest.raises(IssuerDownError):
            await login.begin("/")
        scene.server.start()
        scene.clock += 100
        assert (await scene.log_in(login)).name == "Paula"

    scene.play(play)


@pytest.mark.parametrize(
    ("claims", "claim", "role"),
    [
        ({"groups": "ops"}, "groups", Role.OPERATOR),
        ({"groups": ["staff", "chiefs", "ops"]}, "groups", Role.ADMIN),
        ({"realm_access": {"roles": ["staff"]}}, "realm_access.roles", Role.VIEWER),
        ({"https://example.com/groups": ["ops"]}, "https://example.com/groups", Role.OPERATOR),
        ({}, "groups", None),
        ({"groups": []}, "groups", None),
        ({"groups": [7, None, {"ops": 1}, ["ops"]]}, "groups", None),
        ({"groups": {"ops": True}}, "groups", None),
        ({"groups": "OPS"}, "groups", None),
        ({"realm_access": "roles"}, "realm_access.roles", None),
    ],
)
def test_the_best_role_of_the_claims_values_counts(claims: dict[str, object], claim: str, role: Role | None) -> None:
    assert best_role(claims, Login("https://id", "id", Secret("s"), claim, ROLES)) is role


def test_a_person_without_a_friendly_name_has_the_subjects(scene: Scene) -> None:
    async def play(login: ProviderLogin) -> None:
        assert (await scene.log_in(login)).name == "4711"

    scene.server.claims = {"groups": ["ops"], "preferred_username": 7, "email": " "}
    scene.play(play)
