"""Files and stores of other versions: older ones are migrated, newer ones refused by name and left as they are."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.ledger.files import journal_path
from tests.e2e.callers import Callers, Question
from tests.e2e.premises import PROMPT, Premises, tree
from tests.e2e.raw import get
from tests.ledger.conftest import write_version_1
from tests.services.postgres import PostgresServer

NEWER = 999


class StoreShown(msgspec.Struct):
    trouble: str | None
    lag_records: int


class ReadyShown(msgspec.Struct):
    store: StoreShown


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha") as running:
        yield running


@pytest.fixture
def premises(provider: FakeProviderThread, tmp_path: Path) -> Iterator[Premises]:
    """It does not run yet."""
    with Premises(tmp_path, tree(provider)) as made:
        yield made


def ask(premises: Premises) -> None:
    callers = Callers(premises.url)
    assert callers.ask("anthropic", Question(model="claude", prompt=PROMPT)).text
    callers.close()


def store_of(premises: Premises) -> StoreShown:
    """What the control plane says of the store."""
    return msgspec.json.decode(get(premises.control_url, "/readyz").body, type=ReadyShown).store


@pytest.mark.parametrize("workers", [1, 2])
def test_a_newer_journal_is_refused_by_name_and_left_alone(workers: int, premises: Premises) -> None:
    path = journal_path(premises.state, 0)
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as file:
        file.execute(f"PRAGMA user_version = {NEWER}")
        file.execute("CREATE TABLE something_of_tomorrow(x)")
        file.commit()
    before = path.read_bytes()
    premises.write(gateway={"listen": f"127.0.0.1:{premises.port}", "workers": workers})
    said = premises.run("gateway", "-c", str(premises.file), code=1)
    assert f"{path}: written by a newer version of Mainstay (schema {NEWER}" in said.err
    assert "Traceback" not in said.err
    assert path.read_bytes() == before


def test_an_older_journal_is_migrated_and_goes_on(premises: Premises) -> None:
    premises.state.mkdir()
    write_version_1(journal_path(premises.state, 0), 300)
    premises.start()
    ask(premises)
    premises.until_recorded(1, outcome="answered")
    assert premises.gateway.stop() == 0
    assert "sound" in premises.command("audit", "verify").out
    assert len(premises.records()) > 300
    with premises.control_plane() as control:
        control.until(lambda: store_of(premises).lag_records == 0, "all is shipped")
    assert "sound" in premises.command("audit", "verify").out


def test_a_newer_store_is_refused_by_name_while_the_gateway_serves(
    premises: Premises, postgres_server: PostgresServer
) -> None:
    with postgres_server.database() as dsn:
        database = dsn.rpartition("/")[2]
        premises.environment["STORE"] = dsn
        premises.write(store="env:STORE")
        premises.start()
        with premises.control_plane() as control:
            ask(premises)
            control.until(lambda: store_of(premises).lag_records == 0, "the store is made")
            (version,) = schema(postgres_server, database)
        set_schema(postgres_server, database, str(NEWER))
        with premises.control_plane() as control:
            control.until(lambda: "newer version" in (store_of(premises).trouble or ""), "it is refused")
            assert f"schema {NEWER}" in (store_of(premises).trouble or "")
            assert "newer version" in control.output
            ask(premises)
            premises.until_recorded(2, outcome="answered")
            said = premises.run("audit", "verify", "-c", str(premises.file), code=2)
            assert f"written by a newer version of Mainstay (schema {NEWER}" in said.out + said.err
            assert schema(postgres_server, database) == [str(NEWER)]
            set_schema(postgres_server, database, version)
            control.until(lambda: store_of(premises).trouble is None, "the store is taken again")
            control.until(lambda: store_of(premises).lag_records == 0, "all is shipped")
        assert "sound" in premises.run("audit", "verify", "-c", str(premises.file)).out


def schema(server: PostgresServer, database: str) -> list[str]:
    return [str(row[0]) for row in server.execute("SELECT value FROM mainstay.meta WHERE name = 'schema'", database)]


def set_schema(server: PostgresServer, database: str, version: str) -> None:
    server.execute(f"UPDATE mainstay.meta SET value = '{version}' WHERE name = 'schema'", database)  # noqa: S608 - ours
