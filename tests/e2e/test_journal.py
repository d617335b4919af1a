"""What the journal says of each request, and what becomes of it on a bad disk and after a sudden death."""

import resource
from pathlib import Path

import msgspec
import pytest

from mainstay.ledger.files import journal_paths
from mainstay.model.records import AttemptRecord, ExchangeRecord, Record
from tests.e2e.callers import PATHS, Question
from tests.e2e.lanes import DIALECTS, KEY, KEYS
from tests.e2e.process import GatewayProcess, Process
from tests.e2e.raw import get, post
from tests.e2e.world import World

SMALL_FILE_BYTES = 48 * 1024
REQUESTS_MAX = 2_000
BOTH = pytest.mark.parametrize("dialect", DIALECTS)


class JournalShown(msgspec.Struct):
    trouble: str | None
    pending: int
    written: int
    dropped: int


class ReadyShown(msgspec.Struct):
    status: str
    journal: JournalShown


def ready(world: World) -> ReadyShown:
    heard = get(world.url, "/readyz")
    assert heard.status == 200
    return msgspec.json.decode(heard.body, type=ReadyShown)


def state_of(world: World) -> Path:
    return world.gateway.file.parent / "state"


def wait_until_written(world: World) -> None:
    world.gateway.until(lambda: ready(world).journal.pending == 0, "the journal is written")


def audit(world: World, *arguments: str) -> str:
    with Process(["audit", "tail", "--state", str(state_of(world)), *arguments], state_of(world).parent) as process:
        before = process.output
        assert process.wait() == 0, process.output
        return process.output.removeprefix(before)


def records(world: World, *arguments: str) -> list[Record]:
    lines = audit(world, "--json", *arguments).splitlines()
    return [msgspec.json.decode(line, type=Record) for line in lines if line.startswith("{")]


@BOTH
def test_audit_tail_tells_what_happened_attempt_by_attempt(dialect: str, world: World) -> None:
    lane = world.lane(dialect)
    world.primary.break_with("overloaded", 1, model=lane.model)
    world.standby.break_with("cut:after=40", 1, model=lane.model)
    answer = world.ask(dialect, Question(model=lane.model))
    exchange = answer.headers["x-mainstay-id"]
    wait_until_written(world)
    lines = [line for line in audit(world, "--exchange", exchange).splitlines() if lane.model in line]
    assert f"{exchange}  {dialect} stream  {lane.model} -> {lane.standby}/{lane.model}  answered 200" in lines[0]
    assert f"degraded: {lane.primary}: overload" in lines[0]
    assert "continued 1x" in lines[0]
    assert f"1  {lane.primary}/{lane.model}/main  first choice  failed" in lines[1]
    assert "overload" in lines[1]
    assert f"2  {lane.standby}/{lane.model}/main  after overload  continued 200  cut" in lines[2]
    assert f"/{lane.model}/main  after cut  served 200" in lines[3]


@BOTH
def test_records_hold_figures_and_never_words(dialect: str, world: World) -> None:
    lane = world.lane(dialect)
    asked = Question(model=lane.model, prompt="What does Xanadupolis mean?", stream=False)
    answer = world.ask(dialect, asked)
    wait_until_written(world)
    attempt, exchange = records(world, "--exchange", answer.headers["x-mainstay-id"])
    assert isinstance(attempt, AttemptRecord)
    assert isinstance(exchange, ExchangeRecord)
    assert (attempt.outcome, attempt.status, attempt.number) == ("served", 200, 1)
    assert attempt.request_id == answer.headers["request-id" if dialect == "anthropic" else "x-request-id"]
    assert (exchange.outcome, exchange.model_asked, exchange.upstream) == (
        "answered",
        lane.model,
        lane.primary,
    )
    assert (exchange.input_tokens, exchange.output_tokens) == (attempt.input_tokens, attempt.output_tokens)
    assert exchange.input_tokens > 0
    assert exchange.output_tokens > 10
    assert not exchange.usage_estimated
    stored = b"".join(path.read_bytes() for path in state_of(world).rglob("*") if path.is_file())
    assert lane.model.encode() in stored
    assert b"Xanadupolis" not in stored
    assert answer.text[:40].encode() not in stored
    assert KEY.encode() not in stored


def test_a_disk_that_refuses_stops_no_request_that_can_do_without(own_gateway: World) -> None:
    world = own_gateway
    models = {dialect: world.lane(dialect).model for dialect in DIALECTS}
    durable = Question(model=models["anthropic"], stream=False, workload="durable")
    assert world.ask("anthropic", durable).text
    usual = resource.prlimit(world.gateway.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(world.gateway.pid, resource.RLIMIT_FSIZE, (SMALL_FILE_BYTES, usual[1]))
    asked = 0
    while ready(world).journal.trouble is None:
        assert world.ask("anthropic", Question(model=models["anthropic"], stream=False)).text
        asked += 1
        assert asked < REQUESTS_MAX
    assert ready(world).status == "degraded"
    assert "mainstay_journal_trouble 1.0" in get(world.url, "/metrics").text
    assert "journal: cannot write" in world.gateway.output
    for dialect, model in models.items():
        assert world.ask(dialect, Question(model=model)).text
        refused = post(world.url, PATHS[dialect], Question(model=model).body(dialect), durable.headers)
        assert refused.status == 503
        assert "the journal cannot write now" in refused.text
    resource.prlimit(world.gateway.pid, resource.RLIMIT_FSIZE, usual)
    world.gateway.until(lambda: ready(world).status == "ready", "the journal writes again")
    wait_until_written(world)
    assert "journal: writes again" in world.gateway.output
    assert world.ask("anthropic", durable).text
    served = [one for one in records(world, "-n", "10000") if isinstance(one, ExchangeRecord)]
    assert len([one for one in served if one.outcome == "answered"]) >= asked + 3
    assert world.gateway.stop() == 0


def test_after_a_sudden_death_the_journal_holds_a_prefix(own_gateway: World) -> None:
    world, model = own_gateway, own_gateway.lane("openai-chat").model
    question = Question(model=model, stream=False)
    asked = [world.ask("openai-chat", question).headers["x-mainstay-id"] for _ in range(10)]
    wait_until_written(world)
    asked += [world.ask("openai-chat", question).headers["x-mainstay-id"] for _ in range(30)]
    world.gateway.kill()
    assert journal_paths(state_of(world))
    with GatewayProcess(world.gateway.file, int(world.url.rpartition(":")[2]), KEYS) as again:
        assert again.is_ready()
        written = [one.id for one in records(world, "-n", "100") if isinstance(one, ExchangeRecord)]
        assert len(written) >= 10
        assert written == asked[: len(written)]
        assert again.stop() == 0
