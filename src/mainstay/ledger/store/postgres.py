"""The store in PostgreSQL: for any number of machines.

Nothing here waits longer than its limits, also where the server, or the way to it, is paused: the server is asked to
give up first, and where it does not answer the connection is dropped. No message holds the password.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import msgspec
import psycopg
from psycopg.abc import RV, PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mainstay.ledger.errors import DamagedStoreError, StoreError
from mainstay.ledger.store.database import PAGE_BYTES, Rows, Shape, Value
from mainstay.ledger.store.migration import READ_VERSION, Steps, migrate, refuse_newer_store, refuse_older_store
from mainstay.ledger.store.postgres_steps import STEPS, WORDS
from mainstay.ledger.store.rows import Row

SCHEMA: Final = "mainstay"
"""Our tables stand in a schema of this name, so that they may share a database with others."""
INTERVAL_SECONDS: Final = 0.1

MIGRATION_LOCK: Final = 0x4D61_696E_7301
"""Advisory locks: one process at a time changes tables, one at a time appends."""
APPEND_LOCK: Final = 0x4D61_696E_7302

_INSERT: Final = """INSERT INTO record(chain, sequence, id, kind, exchange, tenant, at, hash, body, duplicate)
SELECT %s, new.sequence, new.id, new.kind, new.exchange, new.tenant, new.at, new.hash, new.body, new.again OR (
    new.id <> '' AND EXISTS(SELECT 1 FROM record AS old WHERE old.id = new.id AND NOT old.duplicate AND old.id <> '')
)
FROM unnest(
    %b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[], %b::float8[], %b::bytea[], %b::bytea[], %b::bool[]
) AS new(sequence, id, kind, exchange, tenant, at, hash, body, again)
ORDER BY new.sequence"""

_PASSWORDS: Final = ("password", "sslpassword", "passfile")


class Limits(msgspec.Struct, frozen=True):
    """How long we wait. `answer_seconds` is for one statement, whatever happens; the server is asked to give up a
    little earlier. `connect_seconds` is at least 2 (libpq knows no less)."""

    connect_seconds: int = 4
    answer_seconds: float = 5.0
    lock_seconds: float = 2.0


LIMITS: Final = Limits()
MIGRATION_SECONDS: Final = 3_600.0
"""So long one step of a migration may take."""

DURABLE_COMMITS: Final = (
    "set_config('synchronous_commit', "
    "CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, "
    "false)"
)
"""A journal is pruned of what was committed, so a commit that a crash of the server undoes is none."""


class PostgresDatabase:
    """A `sql.Database` on a server."""

    def __init__(self, dsn: str, *, read_only: bool = False, steps: Steps = STEPS, limits: Limits = LIMITS) -> None:
        """Connect; without `read_only` make or migrate the tables where that is needed.

        Raises `StoreError`, `DamagedStoreError` or `NewerStoreError`.
        """
        self.name = name_of(dsn)
        self.words = WORDS
        self._dsn = dsn
        self._connection = connect(dsn, limits)
        try:
            self._prepare(read_only=read_only, steps=steps, limits=limits)
        except BaseException:
            self.close()
            raise

    def rows(self, statement: str, values: Sequence[Value] = ()) -> Rows:
        """See the port."""
        return self._execute(statement.replace("?", "%s"), values)

    def page(self, shape: Shape, statement: str, values: Sequence[Value], order: str) -> Rows:
        """See the port."""
        running = (
            f"SELECT found.*, SUM(octet_length(body)) OVER (ORDER BY {order}) AS total FROM ({statement}) AS found"  # noqa: S608 - constants
        )
        bounded = (
            f"SELECT {shape.text} FROM ({running}) AS counted WHERE total - octet_length(body) < ? ORDER BY {order}"  # noqa: S608 - constants
        )
        # As text, bodies would be twice as long on their way.
        return self._execute(bounded.replace("?", "%s"), (*values, PAGE_BYTES), is_binary=True)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See the port."""
        self._execute("BEGIN")
        try:
            self._execute("SELECT pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
            yield
            self._execute("COMMIT")
        except BaseException:
            with suppress(StoreError):
                self._execute("ROLLBACK")
            raise

    def insert(self, chain_id: str, rows: Sequence[Row]) -> None:
        """See the port."""
        seen: set[str] = set()
        again = []
        for row in rows:
            again.append(bool(row.id) and row.id in seen)
            seen.add(row.id)
        columns = [list(column) for column in zip(*map(msgspec.structs.astuple, rows), strict=True)]
        if columns:
            self._execute(_INSERT, (chain_id, *columns, again))

    def close(self) -> None:
        """See the port."""
        with suppress(psycopg.Error):
            self._connection.close()

    def _prepare(self, *, read_only: bool, steps: Steps, limits: Limits) -> None:
        version = self._version()
        refuse_newer_store(self.name, version, steps)
        if read_only:
            refuse_older_store(self.name, version, steps)
            self._execute("SET default_transaction_read_only = on")
        elif version < len(steps):
            self._execute("BEGIN")
            self._execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
            self._execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            self._wait_for_migration()
            # Another process may have done it while we waited for the lock.
            migrate(self.name, self._version(), steps, self.rows)
            self._execute("COMMIT")
            self._connection.answer_seconds = limits.answer_seconds

    def _wait_for_migration(self) -> None:
        """An index over many records takes its time; until it stands nobody can work with the store anyway."""
        self._connection.answer_seconds = MIGRATION_SECONDS
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            self._execute("SELECT set_config(%s, %s, true)", (name, f"{round(900 * MIGRATION_SECONDS)}ms"))

    def _version(self) -> int:
        if not self._execute("SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = 'meta'", (SCHEMA,)):
            return 0
        rows = self._execute(READ_VERSION)
        if not rows or not str(rows[0][0]).isdecimal():
            raise DamagedStoreError(f"{self.name}: the schema {SCHEMA} holds something else than Mainstay's store")
        return int(rows[0][0])

    def _execute(self, statement: str, values: Sequence[Any] = (), *, is_binary: bool = False) -> Rows:
        try:
            # The statements are constants; what callers give is in `values`.
            cursor = self._connection.execute(statement.encode(), values, binary=is_binary)
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise StoreError(f"{self.name}: {plain(error, self._dsn)}") from None


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that is closed when an answer does not come in time."""

    answer_seconds = LIMITS.answer_seconds

    def wait(self, gen: PQGen[RV], interval: float = INTERVAL_SECONDS, timeout: float | None = None) -> RV:
        """See psycopg. A paused server acknowledges what it is sent and says nothing, so no option of the protocol
        helps; we have to look at the clock."""
        try:
            return super().wait(gen, interval, timeout or self.answer_seconds)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # it did not come from the server
                self.pgconn.finish()
            raise


def connect(dsn: str, limits: Limits = LIMITS) -> Connection:
    """A new connection, each statement of which is a transaction. Raises `StoreError`, which never holds a secret."""
    if not _parts(dsn):
        # Not quoted: what is written wrongly may be the password.
        raise StoreError(
            "the store's address is no connection string of PostgreSQL; write postgresql://USER:PASSWORD@HOST/DATABASE "
            "with %XX for each special character of the password"
        )
    settings = make_conninfo(
        dsn,
        connect_timeout=limits.connect_seconds,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=2,
        tcp_user_timeout=round(1_000 * limits.answer_seconds),
        application_name="mainstay",
        client_encoding="utf8",
    )
    try:
        connection = Connection.connect(settings, autocommit=True)
        connection.answer_seconds = limits.answer_seconds
        _set_limits(connection, limits)
    except psycopg.Error as error:
        raise StoreError(f"{name_of(dsn)}: {plain(error, dsn)}") from None
    return connection


def name_of(dsn: str) -> str:
    """Which database a connection string means, without its secrets."""
    parts = _parts(dsn)
    if not parts:
        return "PostgreSQL"
    user, database = parts.get("user", "?"), parts.get("dbname", parts.get("user", "?"))
    port = parts.get("port", "").strip(",") or "5432"
    return f"PostgreSQL {user}@{parts.get('host', 'localhost')}:{port}/{database}"


def plain(error: psycopg.Error, dsn: str) -> str:
    """What the server or the library says, in one line, without what it says of values and without secrets."""
    text = error.diag.message_primary or str(error) or type(error).__name__
    line = re.sub(r"\s+", " ", text).strip()
    return masked(line, dsn)


def masked(text: str, dsn: str) -> str:
    """The text without the secrets of a connection string, as it writes them and as it means them."""
    parts = _parts(dsn)
    written = re.findall(r"://[^/@]*?:([^@]*)@", dsn)
    secrets = {str(parts[name]) for name in _PASSWORDS if parts.get(name)} | set(written)
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***") if secret else text
    return text


def _parts(dsn: str) -> dict[str, str]:
    """What a connection string means; nothing where it is none, or where part of a password seems to have become a
    host or a port, as with a "/" or "@" that was not escaped."""
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
    except psycopg.Error:
        return {}
    if "@" in parts.get("host", "") or not re.fullmatch(r"[0-9,]*", parts.get("port", "")):
        return {}
    return parts


def _set_limits(connection: Connection, limits: Limits) -> None:
    """Have the server give up before we do, end a transaction whose owner was paused in its midst, and say that
    something is written only when it is."""
    milliseconds = {
        "statement_timeout": 900 * limits.answer_seconds,
        "lock_timeout": 1_000 * limits.lock_seconds,
        "idle_in_transaction_session_timeout": 1_000 * limits.answer_seconds,
    }
    settings = {"search_path": SCHEMA, **{name: f"{round(value)}ms" for name, value in milliseconds.items()}}
    calls = ", ".join("set_config(%s, %s, false)" for _ in settings)
    values = [word for pair in settings.items() for word in pair]
    connection.execute(f"SELECT {calls}, {DURABLE_COMMITS}".encode(), values)
