"""The tables of a store in PostgreSQL. The same as in SQLite, and the lease of the control plane."""

from typing import Final

from mainstay.ledger.store.database import FAULT_PIECE, SECONDS_PIECE, Words
from mainstay.ledger.store.migration import Steps
from mainstay.ledger.store.sql_newest import RARE, TOLD_APART

_SECONDS: Final = f"position('\\x{SECONDS_PIECE.hex()}'::bytea in body)"
# With escapes for all that is no ASCII, so that no line of whatever content can be refused.
_BEHIND: Final = f"encode(substr(body, {_SECONDS} + {len(SECONDS_PIECE)}, 15), 'escape')"
WORDS: Final = Words(
    has="position(?::bytea in body) > 0",
    is_faulty=f"position('\\x{FAULT_PIECE.hex()}'::bytea in body) > 0",
    whole_seconds=f"CASE WHEN {_SECONDS} > 0 THEN substring({_BEHIND} from '^[0-9]+')::bigint END",
)

STEPS: Final[Steps] = (
    (
        "CREATE TABLE meta(name text PRIMARY KEY, value text NOT NULL)",
        # Texts are compared byte by byte, so that they have the same order here, in SQLite and in Python.
        """CREATE TABLE chain(
            id text COLLATE "C" PRIMARY KEY,
            gateway text NOT NULL,
            worker integer NOT NULL,
            begun_at double precision NOT NULL,
            follows text NOT NULL,
            follows_sequence bigint NOT NULL,
            follows_digest bytea NOT NULL,
            reached_sequence bigint NOT NULL,
            reached_digest bytea NOT NULL
        )""",
        """CREATE TABLE record(
            arrival bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
            chain text COLLATE "C" NOT NULL,
            sequence bigint NOT NULL,
            id text COLLATE "C" NOT NULL,
            kind text COLLATE "C" NOT NULL,
            exchange text COLLATE "C" NOT NULL,
            tenant text COLLATE "C" NOT NULL,
            at double precision NOT NULL,
            hash bytea NOT NULL,
            body bytea NOT NULL,
            duplicate boolean NOT NULL,
            PRIMARY KEY (chain, sequence)
        )""",
        # What they leave out is never looked for by them; that keeps them small. See docs/store.md.
        "CREATE UNIQUE INDEX record_id ON record(id) WHERE NOT duplicate AND id <> ''",
        "CREATE INDEX record_at ON record(at, chain, sequence) WHERE NOT duplicate",
        "CREATE INDEX record_exchange ON record(exchange, at) WHERE NOT duplicate AND exchange <> ''",
        f"CREATE INDEX record_kind ON record(kind, at, chain, sequence) WHERE NOT duplicate AND {RARE}",
        "CREATE INDEX record_duplicate ON record(chain, sequence) WHERE duplicate",
        """CREATE TABLE checkpoint(
            chain text COLLATE "C" NOT NULL,
            sequence bigint NOT NULL,
            statement text NOT NULL,
            PRIMARY KEY (chain, sequence)
        )""",
        """CREATE TABLE gap(
            chain text COLLATE "C" NOT NULL,
            first_sequence bigint NOT NULL,
            last_sequence bigint NOT NULL,
            digest bytea NOT NULL,
            noticed_at double precision NOT NULL,
            PRIMARY KEY (chain, first_sequence)
        )""",
        # Who the acting control plane is. `beat` grows as long as it is well; `backend` is its session on the server.
        """CREATE TABLE lease(
            name text PRIMARY KEY,
            holder text NOT NULL,
            backend integer NOT NULL,
            epoch bigint NOT NULL,
            beat bigint NOT NULL,
            renewed_at timestamptz NOT NULL
        )""",
    ),
    (
        # Events of all streams.
        """CREATE TABLE event(
            arrival bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
            stream text COLLATE "C" NOT NULL,
            number bigint NOT NULL,
            id text COLLATE "C" NOT NULL,
            at double precision NOT NULL,
            body bytea NOT NULL,
            PRIMARY KEY (stream, number)
        )""",
        # The last event of each stream.
        """CREATE TABLE stream(
            stream text COLLATE "C" PRIMARY KEY,
            number bigint NOT NULL,
            arrival bigint NOT NULL,
            at double precision NOT NULL
        )""",
        "CREATE UNIQUE INDEX stream_arrival ON stream(arrival)",
        """CREATE TABLE span(
            seconds bigint NOT NULL, start bigint NOT NULL, body bytea NOT NULL, PRIMARY KEY (seconds, start)
        )""",
        """CREATE TABLE mark(reader text COLLATE "C" PRIMARY KEY, arrival bigint NOT NULL)""",
        f"CREATE INDEX record_tenant ON record(tenant, at, chain, sequence) WHERE NOT duplicate AND {TOLD_APART}",
        f"CREATE INDEX record_fault ON record(at, chain, sequence) WHERE NOT duplicate AND {WORDS.is_faulty}",
    ),
)
