"""What people do on the control plane is in the ledger: with real processes, over HTTP, from the command line."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import control_journal_path
from mainstay.ledger.reader import RecordReader
from mainstay.model.records import AccessRecord, LeaseRecord, ProcessRecord, Record
from tests.control.stand import csrf_of
from tests.e2e.lanes import Tree
from tests.e2e.ledgers import Machine
from tests.e2e.process import Process, free_port

PASSWORD = "correct horse battery"
WRONG = "a wrong password"
PATIENCE_SECONDS = 30.0
TREE: dict[str, Tree] = {
    "upstreams": {"alpha": {"dialect": "anthropic", "base_url": "http://127.0.0.1:2"}},
    "models": {"first": {"candidates": [{"upstream": "alpha"}]}},
}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with Machine(tmp_path, TREE) as one:
        people(one, "add", "ada", "--role", "admin", given=f"{PASSWORD}\n")
        yield one


def people(machine: Machine, *arguments: str, given: str = "") -> str:
    """What `mainstay people` says."""
    return machine.run("people", *arguments, "-c", str(machine.file), given=given).err


def url(machine: Machine) -> str:
    return f"http://127.0.0.1:{machine.control_port}"


def send(browser: httpx.Client, path: str, page: str, **form: str) -> httpx.Response:
    form["csrf"] = csrf_of(browser.get(page))
    return browser.post(path, data=form, headers={"origin": str(browser.base_url).rstrip("/")})


@contextmanager
def logged_in(machine: Machine, password: str = PASSWORD) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url(machine), trust_env=False, timeout=PATIENCE_SECONDS) as browser:
        answer = send(browser, "/login", "/login", name="ada", password=password)
        assert answer.status_code == (303 if password == PASSWORD else 401)
        yield browser


def log_in(machine: Machine, password: str = PASSWORD) -> None:
    with logged_in(machine, password):
        pass


def records(machine: Machine, number: int = 0) -> list[Record]:
    """What is in a journal of control planes; nothing while there is none."""
    try:
        with RecordReader(control_journal_path(machine.state, number)) as reader:
            return [msgspec.json.decode(row.body, type=Record) for row in reader.since(0, 1_000)]
    except LedgerError:
        return []


def deeds(machine: Machine, number: int = 0) -> list[tuple[str, str, str]]:
    found = [record for record in records(machine, number) if isinstance(record, AccessRecord)]
    return [(record.action, record.person, record.via) for record in found]


def leases(machine: Machine, number: int = 0) -> list[str]:
    return [record.event for record in records(machine, number) if isinstance(record, LeaseRecord)]


def ready(machine: Machine) -> dict[str, object]:
    return msgspec.json.decode(httpx.get(f"{url(machine)}/readyz", trust_env=False).content, type=dict[str, object])


def until(machine: Machine, condition: Callable[[], bool], what: str) -> None:
    machine.control.until(condition, what)


def test_who_did_what_is_shown_and_proven(machine: Machine) -> None:
    machine.start_control()
    log_in(machine, WRONG)
    with logged_in(machine) as browser:
        form = {"name": "otto", "role": "operator", "password": "another good password"}
        assert send(browser, "/people/add", "/people", **form).status_code == 303
        people(machine, "role", "otto", "viewer")
        assert send(browser, "/logout", "/logout").status_code == 303
    until(machine, lambda: deeds(machine)[-1:] == [("logout", "ada", "local")], "the logout is written down")
    machine.until_shipped()
    assert machine.control.stop() == 0
    assert deeds(machine) == [
        ("person-added", "ada", "command-line"),
        ("login-failed", "ada", "local"),
        ("login", "ada", "local"),
        ("person-added", "otto", "local"),
        ("logout", "ada", "local"),
    ]
    assert deeds(machine, 1) == [("role-changed", "otto", "command-line")]
    processes = [record.event for record in records(machine) if isinstance(record, ProcessRecord)]
    assert processes == ["started", "stopped"]
    assert leases(machine) == ["acts", "stopped"]

    assert "broken" not in machine.verify()
    shown = machine.run("audit", "tail", "-c", str(machine.file)).out
    assert "access  person-added  otto  by ada (local)  from 127.0.0.1  as operator" in shown
    assert "access  role-changed  otto  by" in shown
    assert "access  login-failed  ada  (local)  from 127.0.0.1  wrong password" in shown
    assert "lease  acts" in shown
    with machine.store() as store:
        assert {one.chain.worker for one in store.chains()} == {1_000_000, 1_000_001}
    table = machine.run("audit", "export", "--format", "csv", "--kind", "access", "-c", str(machine.file)).out
    assert len(table.splitlines()) == 7
    assert not any(secret in shown + table for secret in (PASSWORD, WRONG, "another good password", "argon2"))


def test_a_record_that_is_altered_is_found(machine: Machine) -> None:
    path = control_journal_path(machine.state, 0)
    content = path.read_bytes()
    assert b"person-added" in content
    path.write_bytes(content.replace(b"person-added", b"person-adored"[:12]))
    assert "broken" in machine.verify(code=1)


def test_after_a_sudden_death_the_chain_goes_on(machine: Machine) -> None:
    machine.start_control()
    log_in(machine)
    until(machine, lambda: deeds(machine)[-1:] == [("login", "ada", "local")], "the login is written down")
    machine.kill_control()
    machine.start_control()
    log_in(machine)
    until(machine, lambda: len(deeds(machine)) == 3, "the second login is written down")
    assert machine.control.stop() == 0
    assert leases(machine) == ["acts", "acts", "stopped"]
    machine.verify()


def test_a_disk_that_refuses_keeps_nobody_out_and_loses_nothing(machine: Machine) -> None:
    path = control_journal_path(machine.state, 0)
    kept = path.rename(path.with_suffix(".kept"))
    path.mkdir()
    machine.start_control()
    with logged_in(machine) as browser:
        until(machine, lambda: "not written down now" in browser.get("/").text, "the overview says so")
        journal = ready(machine)["journal"]
        assert isinstance(journal, dict)
        assert journal["degraded"] is True
        # Shipping goes on: what a command has written in the meantime is taken to the store.
        people(machine, "role", "ada", "admin")
        until(machine, lambda: _is_stored(machine, b"role-changed"), "the store has it")
        path.rmdir()
        kept.rename(path)
        until(machine, lambda: ("login", "ada", "local") in deeds(machine), "what waited is written down")
        until(machine, lambda: ready(machine)["status"] == "ready", "it is well again")
    assert machine.control.stop() == 0
    machine.verify()


def _is_stored(machine: Machine, text: bytes) -> bool:
    try:
        return any(text in row.body for row in machine.stored())
    except LedgerError:
        return False


def test_a_standby_writes_a_chain_of_its_own_and_takes_over(machine: Machine, tmp_path: Path) -> None:
    machine.start_control()
    until(machine, lambda: leases(machine) == ["acts"], "the first one acts")
    folder = tmp_path / "standby"
    folder.mkdir()
    file = folder / "standby.yaml"
    tree = msgspec.json.decode(machine.file.read_bytes(), type=dict[str, object])
    file.write_bytes(msgspec.json.encode(tree | {"control": {"listen": f"127.0.0.1:{free_port()}"}}))
    with ExitStack() as stack:
        standby = stack.enter_context(Process(["control", "-c", str(file)], folder, machine.environment))
        standby.until(lambda: leases(machine, 1) == ["stands-by"], "the second one stands by")
        machine.control.signal(signal.SIGTERM)
        machine.control.wait()
        standby.until(lambda: leases(machine, 1) == ["stands-by", "acts"], "the second one acts")
        assert standby.stop() == 0
    assert leases(machine) == ["acts", "stopped"]
    assert leases(machine, 1) == ["stands-by", "acts", "stopped"]
    machine.verify()
