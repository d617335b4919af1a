"""`mainstay route pin ... undo` on a state folder without any gateway; the end-to-end tests show them before three."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mainstay.cli import order_desk, route_orders
from mainstay.cli.main import app
from mainstay.cli.people_evidence import user_name
from mainstay.gateway.orders.folder import OrderFolder
from mainstay.ledger.files import control_journal_path
from mainstay.ledger.reader import RecordReader
from mainstay.model.orders import Order, OrderKind, Scope
from mainstay.model.records import OrderRecord

YAML = """
upstreams:
  alpha: {dialect: anthropic, base_url: "http://a", credentials: [{name: main, key: "env:NO_KEY"}]}
  beta: {dialect: anthropic, base_url: "http://b", credentials: [{name: main, key: "env:NO_KEY"}]}
models:
  claude: {candidates: [{upstream: alpha}, {upstream: beta}]}
  haiku: {candidates: [{upstream: alpha}]}
workloads: {nightly: {priority: batch}}
state: state
"""
WHY = ("--reason", "it is slow")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mainstay.yaml").write_text(YAML)
    return tmp_path / "state"


def route(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["route", *arguments], input=given)


def orders(state: Path) -> list[Order]:
    return list(OrderFolder(state).all()[0].values())


def events(state: Path) -> list[tuple[str, str]]:
    with RecordReader(control_journal_path(state, 0)) as reader:
        found = [row.record() for row in reader.since(0)]
    return [(one.event, one.by) for one in found if isinstance(one, OrderRecord)]


@pytest.mark.parametrize(
    ("arguments", "target", "scope"),
    [
        (("pin", "beta", "--model", "claude"), "pin beta", Scope(models=("claude",))),
        (("prefer", "beta"), "prefer beta", Scope()),
        (("shift", "beta", "--percent", "25", "--ramp", "10m"), "shift 25 % to beta", Scope()),
        (("drain", "alpha", "--credential", "main"), "drain alpha credential main", Scope()),
        (("drain", "alpha/claude"), "drain alpha/claude", Scope()),
        (("forbid", "beta", "--workload", "nightly"), "forbid beta", Scope(workloads=("nightly",))),
        (("mode", "read-only", "--tenant", "b", "--tenant", "a"), "read-only", Scope(tenants=("a", "b"))),
        (("mode", "cache-first"), "cache-first", Scope()),
    ],
)
def test_each_command_gives_its_order(state: Path, arguments: Iterable[str], target: str, scope: Scope) -> None:
    result = route(*arguments, *WHY, "--for", "2h", "--yes")
    assert result.exit_code == 0, result.output
    (given,) = orders(state)
    assert (given.target, given.scope, given.reason) == (target, scope, "it is slow")
    assert (given.author, given.via) == (user_name(), "command-line")
    assert given.expires_at - given.given_at == 7_200
    assert f"`mainstay route undo {given.id}` ends it" in result.stderr
    assert events(state) == [("given", user_name())]


def test_what_it_would_do_is_shown_first_and_a_dry_run_does_nothing(state: Path) -> None:
    result = route("drain", "alpha", *WHY, "--dry-run")
    assert result.exit_code == 0
    assert "nothing was asked in the last 15 min" in result.stdout
    assert not state.exists()


def test_a_person_is_asked(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route_orders, "_is_a_person", lambda: True)
    assert route("drain", "alpha", *WHY, given="n\n").exit_code == 1
    assert orders(state) == []
    assert route("drain", "alpha", *WHY, given="y\n").exit_code == 0
    assert len(orders(state)) == 1


def test_where_nobody_is_there_it_needs_a_yes(state: Path) -> None:
    result = route("drain", "alpha", *WHY)
    assert result.exit_code == 1
    assert "add --yes" in result.stderr
    assert orders(state) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("drain", "alhpa", *WHY, "--yes"), "did you mean 'alpha'?"),
        (("drain", "alpha", *WHY, "--yes", "--for", "soon"), "--for 'soon': write a time such as"),
        (("drain", "alpha", *WHY, "--yes", "--for", "8d"), "must expire within 7 days"),
        (("drain", "alpha", "--reason", " ", "--yes"), "a reason is needed"),
        (("mode", "panic", *WHY), "there are: critical-only, cache-first, no-substitutes, read-only"),
        (("forbid", "alpha", *WHY, "--yes"), "it would leave nobody for haiku for default"),
        (("undo", "ORD-NONE"), "there is no order ORD-NONE"),
        (("change", "ORD-NONE"), "say what is to change"),
        (("change", "ORD-NONE", "--percent", "5"), "there is no order ORD-NONE"),
        (("drain", "alpha", *WHY, "--yes", "--to", "http://a"), "no trust bundle here"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(state: Path, arguments: tuple[str, ...], words: str) -> None:
    result = route(*arguments)
    assert result.exit_code == 1
    assert words in result.output
    assert orders(state) == []


def test_a_reason_must_be_given() -> None:
    assert route("drain", "alpha", "--yes").exit_code == 2


def test_who_insists_may_leave_a_model_with_nobody(state: Path) -> None:
    assert route("forbid", "alpha", *WHY, "--yes", "--force").exit_code == 0
    assert orders(state)[0].kind is OrderKind.FORBID


def test_orders_are_shown_and_one_command_undoes_one(state: Path) -> None:
    assert "no order is in force" in route("orders").stderr
    route("drain", "alpha", *WHY, "--yes")
    shown = route("orders").stdout
    (identity,) = re.findall(r"ORD-\w+", shown)
    assert "drain alpha  in force for 4 h more" in shown
    assert f"by {user_name()}: it is slow" in shown
    assert route("undo", identity.lower(), "--reason", "all well").exit_code == 0
    assert "no order is in force" in route("orders").stderr
    assert "ended 0" in route("orders", "--all").stdout
    assert events(state) == [("given", user_name()), ("ended", user_name())]


def test_an_order_can_be_changed(state: Path) -> None:
    route("shift", "beta", "--percent", "10", *WHY, "--yes")
    (given,) = orders(state)
    result = route("change", given.id, "--percent", "50", "--for", "30m", "--reason", "all well")
    assert result.exit_code == 0
    assert "shift 50 % to beta" in result.stderr
    (changed,) = orders(state)
    assert (changed.percent, changed.revision) == (50.0, 2)
    assert changed.expires_at < given.expires_at


def test_gateways_elsewhere_are_told_with_a_signature(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CliRunner().invoke(app, ["token", "mint", "--tenant", "acme", "--name", "ci", "--state", str(state)])
    told: list[tuple[tuple[str, ...], str]] = []

    def push(_document: str, urls: Iterable[str], path: str) -> dict[str, str | None]:
        told.append((tuple(urls), path))
        return dict.fromkeys(urls)

    monkeypatch.setattr(order_desk, "push", push)
    route("drain", "alpha", *WHY, "--yes", "--to", "http://a", "--to", "http://b")
    (given,) = orders(state)
    route("change", given.id, "--for", "1h", "--to", "http://a")
    result = route("undo", given.id, "--to", "http://a")
    assert "http://a: has it" in result.stderr
    assert [urls for urls, _ in told] == [("http://a", "http://b"), ("http://a",), ("http://a",)]
    assert {path for _, path in told} == {"/v1/mainstay/orders"}
