"""A store in PostgreSQL that goes away, comes back, lies, and loses what it had, under a gateway that never notices."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import msgspec
import pytest

from mainstay.ledger.marks import marks_folder
from tests.e2e.callers import PATHS, Question
from tests.e2e.crowd import Crowd
from tests.e2e.ledgers import PROMPT, Machine, machine, questions
from tests.e2e.process import Process, answer_or_none
from tests.e2e.raw import get, post
from tests.services.postgres import PostgresServer, binaries_or_skip

CALLERS = 20
BOUND_MEGABYTES = 8
DURABLE = Question(model="claude", prompt=PROMPT, stream=False, workload="durable")
DURABLE_CHAT = Question(model="gpt", prompt=PROMPT, stream=False, workload="durable")
USUAL = Question(model="claude", prompt=PROMPT, stream=False)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server that may be mistreated."""
    with PostgresServer(binaries_or_skip()) as server:
        yield server


@pytest.fixture
def running(server: PostgresServer, tmp_path: Path) -> Iterator[Machine]:
    """A machine whose store is on that server; nothing runs yet."""
    with server.database() as dsn, machine(tmp_path) as running:
        running.use_store(dsn)
        yield running


class _Journal(msgspec.Struct):
    full: bool
    dropped: int
    pending: int
    bytes: int


class _Ready(msgspec.Struct):
    status: str
    journal: _Journal


def ready(running: Machine) -> _Ready:
    return msgspec.json.decode(get(running.url, "/readyz").body, type=_Ready)


@contextmanager
def steady_load(running: Machine) -> Iterator[Crowd]:
    """Callers who go on until the block ends, and are all answered."""
    crowd, over = Crowd(running.url, questions(), CALLERS), Event()
    thread = Thread(target=crowd.ask_until, args=(lambda _: over.is_set(), lambda: None))
    thread.start()
    try:
        yield crowd
    finally:
        over.set()
        thread.join()
    assert crowd.refusals == []


def until_more(running: Machine, crowd: Crowd, answers: int) -> None:
    """Wait until so many more callers were answered."""
    enough = len(crowd.answers) + answers
    running.until(lambda: len(crowd.answers) >= enough, "callers are answered")


def until_trouble(running: Machine, words: str = "") -> None:
    def has_trouble() -> bool:
        shipping = running.shipping
        return shipping is not None and shipping.trouble is not None and words in shipping.trouble

    running.control.until(has_trouble, "the control plane says that the store is away")


def test_a_store_that_is_killed_and_paused_under_load_gets_everything_once(
    running: Machine, server: PostgresServer
) -> None:
    running.start()
    running.start_control()
    with steady_load(running) as crowd:
        until_more(running, crowd, 50)
        server.kill()
        until_trouble(running)
        until_more(running, crowd, 50)
        server.start()
        running.until_shipped()
        server.pause()
        try:
            until_more(running, crowd, 50)
            until_trouble(running, "timeout")
            until_more(running, crowd, 50)
        finally:
            server.resume()
        running.until_shipped()
    assert "store-lost-records" not in running.control.output
    running.assert_stored_once()
    assert "sound: every chain holds" in running.verify()


def test_control_planes_that_are_killed_while_they_ship_leave_nothing_twice_and_nothing_out(running: Machine) -> None:
    running.start()
    with steady_load(running) as crowd:
        for _ in range(3):
            running.start_control()
            until_more(running, crowd, 40)
            running.kill_control()
    running.start_control()
    running.assert_stored_once()
    assert "sound: every chain holds" in running.verify()


def test_a_control_plane_that_died_between_store_and_mark_goes_on_from_the_store(running: Machine) -> None:
    running.start()
    running.start_control()
    ask(running, 10)
    running.until_shipped()
    running.until_marked()
    before = {path: path.read_bytes() for path in marks_folder(running.state).iterdir()}
    ask(running, 10)
    running.until_shipped()
    running.kill_control()
    for path, mark in before.items():
        path.write_bytes(mark)
    assert "sound: every chain holds" in running.verify()
    running.start_control()
    running.until_marked()
    assert "store-" not in running.control.output
    running.assert_stored_once()


def test_two_control_planes_on_one_folder_do_no_harm(running: Machine, tmp_path: Path) -> None:
    running.start()
    running.start_control()
    place = tmp_path / "second"
    place.mkdir()
    file, url = running.write_for_another(place)
    with Process(["control", "-c", str(file)], place, running.environment) as second:
        second.until(lambda: answer_or_none(url, "/livez") is not None, "the second one answers")
        with steady_load(running) as crowd:
            until_more(running, crowd, 200)
        running.until_shipped()
        running.assert_stored_once()
        assert second.stop() == 0
        assert [out for out in (running.control.output, second.output) if "store-" in out or "journal-" in out] == []
    assert "acts from now on" in running.control.output
    assert "sound: every chain holds" in running.verify()


def test_a_store_that_was_restored_from_an_old_backup_is_told_and_filled_again(
    running: Machine, server: PostgresServer
) -> None:
    running.start()
    running.start_control()
    ask(running, 20)
    running.until_shipped()
    assert running.control.stop() == 0
    live = running.environment["STORE"].rpartition("/")[2]
    server.execute(f"CREATE DATABASE backup TEMPLATE {live}")
    running.start_control()
    ask(running, 20)
    running.until_shipped()
    running.until_marked()
    server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{live}'")  # noqa: S608
    server.execute(f"DROP DATABASE {live} WITH (FORCE)")
    until_trouble(running)
    server.execute(f"CREATE DATABASE {live} TEMPLATE backup")
    said = "store-lost-records"
    running.control.until(lambda: said in running.control.output, "it is told")
    running.assert_stored_once()
    assert "sound: every chain holds" in running.verify()
    server.execute("DROP DATABASE backup")


def test_a_journal_at_its_bound_refuses_durable_work_and_nothing_else(running: Machine, server: PostgresServer) -> None:
    running.write(journal={"megabytes_max": BOUND_MEGABYTES}, store="env:STORE")
    running.prefill(BOUND_MEGABYTES - 0.2)
    server.pause()
    try:
        running.start()
        running.start_control()
        assert answer(running, DURABLE) == 200
        asked = 0
        while not ready(running).journal.full:
            assert answer(running, USUAL) == 200
            asked += 1
        refused = post(running.url, PATHS["openai-chat"], DURABLE_CHAT.body("openai-chat"), DURABLE_CHAT.headers)
        assert (refused.status, "journal_unavailable" in refused.text) == (503, True), refused.text
        assert [answer(running, USUAL) for _ in range(20)] == [200] * 20
        now = ready(running)
        assert (now.status, now.journal.dropped) == ("degraded", 0)
        assert now.journal.bytes < 1.25 * BOUND_MEGABYTES * 1_000_000
    finally:
        server.resume()
    running.until(lambda: not ready(running).journal.full, "what the store has is pruned")
    assert answer(running, DURABLE) == 200
    running.until(lambda: ready(running).status == "ready", "all is well again")
    running.until_shipped()
    assert ready(running).journal.dropped == 0
    assert "sound: every chain holds" in running.verify()
    with running.store() as store:
        assert all(one.position == one.reached for one in store.chains())
    assert len({row.id for row in running.readings()}) == len(running.stored())


def ask(running: Machine, answers: int) -> None:
    """Have so many questions answered."""
    assert [answer(running, USUAL) for _ in range(answers)] == [200] * answers


def answer(running: Machine, question: Question) -> int:
    """Ask once; the status."""
    return post(running.url, PATHS["anthropic"], question.body("anthropic"), question.headers).status
