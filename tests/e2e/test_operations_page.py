"""The public status page while the store is away: everybody may read it, and it says when it was written."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from tests.e2e.outages import site
from tests.e2e.raw import get
from tests.services.postgres import PostgresServer, binaries_or_skip

PASSWORD = "a long enough password"
NOT_LOGGED_IN = {303, 401, 403}


class Summary(msgspec.Struct):
    """What tools read of a page, as far as it is about when that was written."""

    generated_at: str


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with PostgresServer(binaries_or_skip()) as server:
        yield server


def test_everybody_reads_it_while_the_store_is_away(server: PostgresServer, tmp_path: Path) -> None:
    with server.database() as dsn, ExitStack() as stack, site(tmp_path) as running:
        running.use_store(dsn)
        running.run("people", "add", "ann", "--role", "admin", "-c", str(running.file), given=f"{PASSWORD}\n")
        running.settle()
        running.run(
            "incident", "open", "Answers are late", "--impact", "minor", "--text", "We look.", "-c", str(running.file)
        )
        running.soon(lambda: "Answers are late" in running.page(), "it is published")
        server.kill()
        stack.callback(server.start)
        running.soon(lambda: "degraded" in get(running.control_url, "/readyz").text, "the store is missed")
        assert get(running.control_url, "/").status in NOT_LOGGED_IN
        heard = get(running.control_url, "/status/")
        assert (heard.status, "Answers are late" in heard.text, "We look." in heard.text) == (200, True, True)
        summary = msgspec.json.decode(running.summary(), type=Summary)
        assert summary.generated_at[:16].replace("T", " ") in heard.text, "it says when it was written"
