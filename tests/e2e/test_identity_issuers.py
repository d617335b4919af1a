"""Tokens of a company's identity provider: accepted while it is up, while it is down, and after its keys changed."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import anthropic
import openai
import pytest

from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.callers import Callers, Question
from tests.e2e.issuer import AUDIENCE, HOUR, Issuer
from tests.e2e.lanes import Tree
from tests.e2e.premises import DOORS, PROMPT, Premises, tree
from tests.e2e.raw import get

SERVED = "served"


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha") as running:
        yield running


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """It does not serve yet."""
    made = Issuer()
    yield made
    made.stop()


@pytest.fixture
def premises(provider: FakeProviderThread, issuer: Issuer, tmp_path: Path) -> Iterator[Premises]:
    """A gateway that knows this issuer, and has no keys of its own. It does not run yet."""
    section: Tree = {"issuer": issuer.url, "audience": AUDIENCE, "tenant_claim": "team", "workload_claim": "job"}
    auth: Tree = {"callers": "tokens", "issuers": [section]}
    workloads: Tree = {"nightly": {"deadline_seconds": 30}}
    with Premises(tmp_path, tree(provider, auth=auth, workloads=workloads)) as made:
        yield made


def told(premises: Premises, token: str, door: str = "anthropic") -> str:
    callers = Callers(premises.url, token)
    try:
        return SERVED if callers.ask(door, Question(model=DOORS[door], prompt=PROMPT)).text else "nothing"
    except (anthropic.APIStatusError, openai.APIStatusError) as error:
        return str(error.status_code)
    finally:
        callers.close()


def until_served(premises: Premises, token: str) -> None:
    premises.until(lambda: told(premises, token) == SERVED, "the issuer's keys are known")


def unsigned(payload: bytes) -> str:
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in (b'{"alg":"none"}', payload, b""))


def test_tokens_of_an_issuer_outlive_it_and_a_restart_and_follow_its_keys(premises: Premises, issuer: Issuer) -> None:
    issuer.start()
    premises.start()
    token = issuer.token(job="nightly")
    until_served(premises, token)
    assert [told(premises, token, door) for door in DOORS] == [SERVED] * 3
    answered = premises.until_recorded(3, outcome="answered")[-1]
    assert (answered.tenant, answered.workload) == ("acme", "nightly")
    assert answered.token.startswith("ext_")
    issuer.stop()
    assert [told(premises, token, door) for door in DOORS] == [SERVED] * 3
    premises.gateway.kill()
    premises.start()
    assert [told(premises, token, door) for door in DOORS] == [SERVED] * 3
    headers = {"authorization": f"Bearer {token}"}
    premises.until(lambda: "going on with its keys of" in get(premises.url, "/readyz", headers).text, "it is told")
    issuer.rotate()
    issuer.start()
    fresh = issuer.token(job="nightly")
    until_served(premises, fresh)
    assert [told(premises, token, door) for door in DOORS] == ["401"] * 3
    assert premises.until_recorded(3, fault_code="unknown_key")
    headers = {"authorization": f"Bearer {fresh}"}
    premises.until(lambda: "going on with" not in get(premises.url, "/readyz", headers).text, "all is well again")


def test_an_issuer_that_was_never_reached_is_our_trouble_and_no_callers(premises: Premises, issuer: Issuer) -> None:
    premises.start()
    token = issuer.token(job="nightly")
    assert [told(premises, token, door) for door in DOORS] == ["503"] * 3
    records = premises.until_recorded(3, fault_code="identity_unavailable")
    assert {one.outcome for one in records} == {"failed"}
    issuer.start()
    until_served(premises, token)


def test_what_an_issuer_did_not_make_for_us_is_refused(premises: Premises, issuer: Issuer) -> None:
    issuer.start()
    premises.start()
    good = issuer.token(job="nightly")
    until_served(premises, good)
    now = int(str(issuer.claims()["iat"]))
    stranger = Issuer()
    stranger.url = issuer.url
    bad = {
        "for somebody else": issuer.token(job="nightly", aud="elsewhere"),
        "for nobody": issuer.token(job="nightly", aud=None),
        "of an issuer that nobody trusts": issuer.token(job="nightly", iss="https://elsewhere.example"),
        "expired": issuer.token(job="nightly", iat=now - 2 * HOUR, exp=now - HOUR),
        "without an end": issuer.token(job="nightly", exp=None),
        "from the future": issuer.token(job="nightly", iat=now + HOUR, exp=now + 2 * HOUR),
        "without a tenant": issuer.token(job="nightly", team=None),
        "SQL for a tenant": issuer.token(job="nightly", team="a'; DROP TABLE record; --"),
        "control characters for a workload": issuer.token(job="nightly\x00\x1b[2J"),
        "without a workload": issuer.token(),
        "signed by somebody else": stranger.token(job="nightly"),
        "with a key of its own": stranger.token({"jwk": stranger.key.as_dict(private=False)}, job="nightly"),
        "with an address of a key": stranger.token({"jku": "http://127.0.0.1:9/keys"}, job="nightly"),
        "not signed": unsigned(good.split(".")[1].encode()),
        "the public key as a password": issuer.with_public_key_as_password(),
        "something critical": issuer.token({"crit": ["b64"], "b64": False}, job="nightly"),
        "a bomb of brackets": issuer.signed(b"[" * 11_000),
        "a bomb of objects": issuer.signed(b'{"iss":' * 1_500),
        "40 KB of claims": issuer.token(job="nightly", more="m" * 30_000),
    }
    others = [
        f"{name}: {heard}"
        for name, token in bad.items()
        for door in DOORS
        if (heard := told(premises, token, door)) != "401"
    ]
    assert others == []
    assert told(premises, good) == SERVED
    premises.until_recorded(3 * len(bad), outcome="refused", status=401)


def test_a_workload_that_the_file_does_not_have_is_our_trouble(premises: Premises, issuer: Issuer) -> None:
    issuer.start()
    premises.start()
    token = issuer.token(job="unheard-of")
    premises.until(lambda: told(premises, token) == "503", "the issuer's keys are known")
    premises.until_recorded(1, fault_code="workload_unavailable", tenant="acme")
