"""Which configuration, which folder and which key a command about orders works with."""

import hashlib
import os
import time
from pathlib import Path

import httpx
import pytest
import typer

from mainstay.cli import order_desk
from mainstay.cli.order_desk import desk_of, push_order, signing_key
from mainstay.cli.trust_push import push
from mainstay.gateway.auth.registrar import Registrar, Wish
from mainstay.gateway.auth.trust_folder import TrustFolder
from mainstay.gateway.orders.signed_order import read_order
from mainstay.gateway.supervisor.archive import Archive
from mainstay.gateway.supervisor.standing import ConfigurationStanding, GatewayStanding, StandingFile
from mainstay.model.orders import Draft, OrderKind
from mainstay.wire.trust.bundle import Trust
from tests.cli.conftest import GOOD, KEYS
from tests.engine.routing.given import order

DRAIN = Draft(OrderKind.PREFER, "ada", "test", "alpha")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def standing(path: str, sha256: str = "") -> GatewayStanding:
    configuration = ConfigurationStanding(sha256, 1.0)
    return GatewayStanding(1, "1", 1.0, path, "127.0.0.1:1", False, 1.0, configuration, ())  # noqa: FBT003 - by position


def refused(config: Path | None = None, state: Path | None = None) -> str | None:
    """What the desk says of an order, once somebody asks."""
    refusal = desk_of(config, state).desk.preview(DRAIN).refusal
    return None if refusal is None else refusal.text


def test_the_file_that_lies_here_is_meant(folder: Path) -> None:
    (folder / "mainstay.yaml").write_text(GOOD + "state: here\n")
    work = desk_of(None, None)
    assert work.state == folder / "here"
    assert work.desk.preview(DRAIN).refusal is None


def test_the_file_of_the_gateway_that_runs_on_the_folder_is_meant(folder: Path) -> None:
    file = folder / "elsewhere.yaml"
    file.write_text(GOOD)
    StandingFile(folder / "state", pytest.fail).write(standing(str(file)))
    assert refused(state=folder / "state") is None


def test_while_a_file_has_mistakes_the_version_that_runs_is_meant(folder: Path) -> None:
    file, state = folder / "mainstay.yaml", folder / "mainstay-data"
    file.write_text("models: {broken")
    with pytest.raises(typer.Exit):
        refused(file, state)
    sha256 = hashlib.sha256(GOOD.encode()).hexdigest()
    Archive(state).keep(sha256, GOOD.encode(), time.time())
    StandingFile(state, pytest.fail).write(standing(str(file), sha256))
    assert refused(file, state) is None


@pytest.mark.usefixtures("folder")
def test_without_any_configuration_it_says_what_to_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        refused()
    assert "name the gateway's file with -c" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_the_environments_providers_are_known_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a")
    found = refused()
    assert found is not None
    assert "there are: anthropic" in found


def test_so_are_those_of_the_demonstration(folder: Path) -> None:
    StandingFile(folder / "mainstay-data", pytest.fail).write(standing(""))
    found = refused()
    assert found is not None
    assert "no upstream is called 'alpha'" in found


def test_what_was_done_is_on_disk_or_the_command_says_that_it_is_not(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "mainstay.yaml").write_text(GOOD)
    work = desk_of(None, None)
    work.desk.give(DRAIN)
    work.write_down()
    assert (work.records, capsys.readouterr().err) == ([], "")
    monkeypatch.setattr(order_desk, "write_records", lambda *_: "no space")
    work.desk.end(work.desk.in_force()[0].id, "ada")
    work.write_down()
    assert "done, but it is not written down in the journal: no space" in capsys.readouterr().err


def test_an_order_is_signed_with_the_key_that_signs_tokens(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Registrar(TrustFolder(folder), time.time, os.urandom).mint(Wish("acme", "ci", 1))
    trust = TrustFolder(folder).bundle()
    assert isinstance(trust, Trust)
    sent: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(409 if request.url.host == "full" else 200, text="no")

    monkeypatch.setattr(order_desk, "push", lambda text, to, path: push(text, to, httpx.MockTransport(take), path))
    pin = order(OrderKind.PIN, "alpha")
    push_order(pin, signing_key(folder), ["http://a"])
    assert str(sent[0].url) == "http://a/v1/mainstay/orders"
    assert read_order(sent[0].content.decode(), trust) == pin
    with pytest.raises(typer.Exit):
        push_order(pin, signing_key(folder), ["http://a", "http://full"])


def test_without_the_key_nothing_can_be_proven(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        signing_key(folder)
    assert "no trust bundle here" in capsys.readouterr().err
    Registrar(TrustFolder(folder), time.time, os.urandom).mint(Wish("acme", "ci", 1))
    for path in TrustFolder(folder).path.glob("*.pem"):
        path.unlink()
    with pytest.raises(typer.Exit):
        signing_key(folder)
    assert "the private key is not here" in capsys.readouterr().err
