"""Trouble with keys when a gateway starts: who nobody could call does not start, and trouble of ours is never a 401."""

from collections.abc import Iterator
from pathlib import Path

import anthropic
import openai
import pytest

from mainstay.gateway.auth.trust_folder import BUNDLE_FILE, PREVIOUS_FILE, TrustFolder
from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.callers import Callers, Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import DOORS, PROMPT, Premises, tree
from tests.e2e.raw import get

TORN = "eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoi"
TOKENS: Tree = {"callers": "tokens"}


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha") as running:
        yield running


@pytest.fixture
def premises(provider: FakeProviderThread, tmp_path: Path) -> Iterator[Premises]:
    """A gateway that asks for tokens; it does not run yet."""
    with Premises(tmp_path, tree(provider, auth=TOKENS)) as made:
        yield made


def told(premises: Premises, token: str, door: str) -> str:
    callers = Callers(premises.url, token)
    try:
        return "served" if callers.ask(door, Question(model=DOORS[door], prompt=PROMPT)).text else "nothing"
    except (anthropic.APIStatusError, openai.APIStatusError) as error:
        return f"{error.status_code}"
    finally:
        callers.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_beyond_loopback_a_gateway_that_nobody_could_call_does_not_start(
    workers: int, provider: FakeProviderThread, tmp_path: Path
) -> None:
    premises = Premises(tmp_path, tree(provider))
    premises.write(gateway={"listen": f"0.0.0.0:{premises.port}", "workers": workers})
    said = premises.run("gateway", "-c", str(premises.file), code=1)
    assert "callers need tokens, and there is none yet" in said.err
    assert f"mainstay token mint --state {premises.state}" in said.err
    assert "Traceback" not in said.err


def test_open_to_everybody_beyond_loopback_is_a_mistake_of_the_file(
    provider: FakeProviderThread, tmp_path: Path
) -> None:
    premises = Premises(tmp_path, tree(provider))
    premises.write(gateway={"listen": f"0.0.0.0:{premises.port}"}, auth={"callers": "open"})
    for command in ("check", "gateway"):
        said = premises.run(command, "-c", str(premises.file), code=1)
        assert "auth.callers" in said.out + said.err
        assert "would let in everybody" in said.out + said.err
    assert not (premises.state / "journal-0.sqlite").exists()


def test_on_loopback_a_gateway_runs_open_and_says_so(provider: FakeProviderThread, tmp_path: Path) -> None:
    with Premises(tmp_path, tree(provider)) as premises:
        token = premises.mint(tenant="acme")
        premises.start()
        assert "runs open on this machine" in premises.gateway.output
        assert get(premises.url, "/v1/models").status == 200
        for key in ("sk-ant-api03-somebody", token):
            assert [told(premises, key, door) for door in DOORS] == ["served"] * 3
        forged = token[:-8] + "AAAAAAAA"
        assert [told(premises, forged, door) for door in DOORS] == ["401"] * 3
        tenants = [one.tenant for one in premises.until_recorded(6, outcome="answered")]
        assert tenants == ["local"] * 3 + ["acme"] * 3


def test_a_gateway_starts_with_the_last_good_copy_of_a_torn_bundle(premises: Premises) -> None:
    token = premises.mint()
    premises.registrar.revoke_tenant("somebody")  # the second bundle; the first is the last good copy now
    folder = TrustFolder(premises.state).path
    (folder / BUNDLE_FILE).write_text(TORN)
    premises.start()
    assert [told(premises, token, door) for door in DOORS] == ["served"] * 3
    ready = get(premises.url, "/readyz", {"x-api-key": token})
    assert '"degraded"' in ready.text
    assert "going on with the last good copy" in ready.text
    assert "going on with the last good copy" in premises.gateway.output


def test_without_any_readable_bundle_callers_are_told_that_it_is_our_trouble(premises: Premises) -> None:
    token = premises.mint()
    folder = TrustFolder(premises.state).path
    whole = (folder / BUNDLE_FILE).read_text()
    for name in (BUNDLE_FILE, PREVIOUS_FILE):
        (folder / name).write_text(TORN)
    premises.start()
    assert [told(premises, token, door) for door in DOORS] == ["503"] * 3
    assert "tokens cannot be verified" in premises.gateway.output
    records = premises.until_recorded(3, fault_code="identity_unavailable")
    assert {(one.status, one.outcome) for one in records} == {(503, "failed")}
    (folder / BUNDLE_FILE).write_text(whole)
    premises.until(lambda: told(premises, token, "anthropic") == "served", "the bundle is read again")
