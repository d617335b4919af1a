"""The gateway's handler without sockets: every door, every refusal, and exchanges that run to their end by hand."""

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay import __version__
from mainstay.gateway.app import SIMULATED_NOTICE
from mainstay.gateway.metrics import METRICS_CONTENT_TYPE
from mainstay.model.catalogue import Credential
from mainstay.model.events import Breakage, Broke
from mainstay.model.http import Reply
from mainstay.model.records import AttemptRecord, ExchangeRecord
from tests.gateway.drafts.conftest import PATIENCE_SECONDS, World
from tests.gateway.rig import ANSWER, FROM_ANTHROPIC, JSON, WILD_YAML, YAML, Rig, ask, rig_with, simulated, snapshot


@pytest.fixture
def rig() -> Iterator[Rig]:
    yield from rig_with(snapshot())


@pytest.fixture
def wild_rig() -> Iterator[Rig]:
    yield from rig_with(snapshot(WILD_YAML))


@pytest.fixture
def drafts(tmp_path: Path) -> Iterator[World]:
    """A draft store whose event loop is turned by hand."""
    world = World(tmp_path / "state")
    world.store.start()
    yield world
    world.store.close(PATIENCE_SECONDS)


@pytest.fixture
def kept_rig(drafts: World) -> Iterator[Rig]:
    yield from rig_with(snapshot(), drafts=drafts.store)


@pytest.fixture
def simulated_rig() -> Iterator[Rig]:
    yield from rig_with(simulated())


def header(reply: Reply, name: str) -> str | None:
    return dict(reply.headers).get(name)


def error(reply: Reply) -> dict[str, object]:
    """The error object; both dialects have it in the same place."""
    body: dict[str, dict[str, object]] = msgspec.json.decode(reply.body)
    return body["error"]


# -- doors of our own


def test_it_lives(rig: Rig) -> None:
    assert rig.get("/livez").status == 200


def test_it_is_ready_with_what_it_has(rig: Rig) -> None:
    reply = rig.get("/readyz")
    body = msgspec.json.decode(reply.body)
    assert (reply.status, body["status"], body["version"]) == (200, "ready", __version__)
    assert body["upstreams"] == {"alpha": "closed", "beta": "closed"}


def test_journal_trouble_is_told_but_does_not_turn_traffic_away(rig: Rig) -> None:
    rig.journal.trouble = "disk is full"
    reply = rig.get("/readyz")
    body = msgspec.json.decode(reply.body)
    assert (reply.status, body["status"], body["journal"]["trouble"]) == (200, "degraded", "disk is full")


def test_an_open_breaker_is_told(rig: Rig) -> None:
    for _ in range(5):
        rig.post()
        rig.attempt.deliver(Broke(rig.attempt.command.attempt, rig.loop.time(), Breakage.REFUSED))
    body = msgspec.json.decode(rig.get("/readyz").body)
    assert (body["status"], body["upstreams"]["alpha"]) == ("degraded", "open")


def test_one_that_drains_asks_to_be_left_alone(rig: Rig) -> None:
    rig.gateway.draining = True
    assert rig.get("/readyz").status == 503
    assert rig.get("/livez").status == 200


def test_metrics_count_what_was_served(rig: Rig) -> None:
    rig.post()
    assert b"mainstay_exchanges_running 1.0" in rig.get("/metrics").body
    rig.answer()
    reply = rig.get("/metrics")
    assert header(reply, "content-type") == METRICS_CONTENT_TYPE
    assert b'mainstay_exchanges_total{dialect="anthropic",outcome="answered"} 1.0' in reply.body
    assert b"mainstay_exchanges_running 0.0" in reply.body


def test_models_are_listed_in_both_dialects(rig: Rig) -> None:
    for headers in (FROM_ANTHROPIC, ()):
        body = msgspec.json.decode(rig.get("/v1/models", headers).body)
        assert [one["id"] for one in body["data"]] == ["claude", "gpt"]
    assert "has_more" in msgspec.json.decode(rig.get("/v1/models", FROM_ANTHROPIC).body)
    assert msgspec.json.decode(rig.get("/v1/models").body)["object"] == "list"


def test_one_model_is_shown_in_both_dialects(rig: Rig) -> None:
    assert msgspec.json.decode(rig.get("/v1/models/claude", FROM_ANTHROPIC).body)["type"] == "model"
    assert msgspec.json.decode(rig.get("/v1/models/gpt").body)["object"] == "model"


def test_a_model_that_does_not_exist_is_not_shown(rig: Rig) -> None:
    reply = rig.get("/v1/models/nobody")
    assert reply.status == 404
    assert "GET /v1/models" in str(error(reply)["message"])
    assert header(reply, "x-mainstay-id") == "ex_1"
    assert rig.exchanges[0].outcome == "refused"


def test_where_any_name_passes_every_model_exists(wild_rig: Rig) -> None:
    assert msgspec.json.decode(wild_rig.get("/v1/models/org%2Fname").body)["id"] == "org/name"
    assert [one["id"] for one in msgspec.json.decode(wild_rig.get("/v1/models").body)["data"]] == ["gpt"]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/v1/models", "/v1/models/claude"])
def test_what_can_be_read_can_be_asked_for_by_head(rig: Rig, path: str) -> None:
    assert rig.send("HEAD", path).only_reply.status == 200


# -- refusals


def test_an_unknown_path_is_refused_in_the_likely_dialect(rig: Rig) -> None:
    reply = rig.get("/v1/messages/batches")
    assert reply.status == 404
    assert msgspec.json.decode(reply.body)["type"] == "error"
    reply = rig.get("/v1/embeddings")
    assert reply.status == 404
    assert error(reply)["code"] == "unknown_path"


def test_an_endless_path_is_not_repeated_to_its_end(rig: Rig) -> None:
    assert len(rig.get("/" + "x" * 100_000).body) < 1000


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/messages", "POST"),
        ("HEAD", "/v1/messages", "POST"),
        ("PUT", "/v1/chat/completions", "POST"),
        ("POST", "/v1/models", "GET"),
        ("DELETE", "/v1/models/claude", "GET"),
        ("POST", "/metrics", "GET"),
        ("GET", "/v1/responses", "POST"),
        ("POST", "/v1/responses/resp_1", "GET, DELETE"),
        ("GET", "/v1/responses/resp_1/cancel", "POST"),
        ("DELETE", "/v1/mainstay/exchanges/ex_1", "GET"),
    ],
)
def test_a_wrong_method_is_refused_with_the_right_one(rig: Rig, method: str, path: str, allowed: str) -> None:
    reply = rig.send(method, path, JSON, ask()).only_reply
    assert reply.status == 405
    assert header(reply, "allow") == allowed
    assert allowed in str(error(reply)["message"])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"model": 1}', b"\xff", ask("")])
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions", "/v1/responses"])
def test_a_bad_body_is_refused(rig: Rig, path: str, body: bytes) -> None:
    reply = rig.post(path, body=body).only_reply
    assert reply.status == 400
    assert error(reply)["message"]
    assert rig.upstreams.attempts == []


def test_an_unknown_model_is_refused(rig: Rig) -> None:
    reply = rig.post(body=ask("m" * 1000)).only_reply
    assert (reply.status, len(reply.body) < 1000) == (404, True)
    assert "GET /v1/models" in str(error(reply)["message"])


def test_an_unknown_workload_is_refused(rig: Rig) -> None:
    reply = rig.post(headers=(*JSON, ("x-mainstay-workload", "nobody"))).only_reply
    assert reply.status == 400
    assert "default, must" in str(error(reply)["message"])


def test_a_deadline_that_is_nonsense_is_refused(rig: Rig) -> None:
    assert rig.post(headers=(*JSON, ("x-mainstay-deadline-seconds", "soon"))).only_reply.status == 400


def test_credentials_that_contradict_each_other_are_refused(rig: Rig) -> None:
    headers = (*JSON, ("x-api-key", "one"), ("authorization", "Bearer two"))
    assert rig.post(headers=headers).only_reply.status == 401


MUST = (*JSON, ("x-mainstay-workload", "must"))


def test_work_that_must_be_written_down_waits_for_the_journal(kept_rig: Rig, drafts: World) -> None:
    rig = kept_rig
    rig.journal.trouble = "disk is full"
    reply = rig.post(headers=MUST).only_reply
    assert reply.status == 503
    assert error(reply)["type"] == "api_error"
    assert rig.exchanges[-1].outcome == "failed"
    assert rig.upstreams.attempts == []
    rig.post()
    assert len(rig.upstreams.attempts) == 1, "other work goes on"
    rig.journal.trouble = None
    rig.post(headers=MUST)
    drafts.loop.until(lambda: len(rig.upstreams.attempts) == 2)


def test_work_that_must_be_written_down_is_on_disk_before_anybody_is_asked(kept_rig: Rig, drafts: World) -> None:
    rig = kept_rig
    with drafts.disk_hanging():
        rig.post(headers=MUST)
        drafts.loop.turn()
        assert rig.upstreams.attempts == []
    drafts.loop.until(lambda: bool(rig.upstreams.attempts))
    assert len(drafts.files()) == 1


def test_work_that_must_be_written_down_is_refused_where_drafts_are_off(rig: Rig) -> None:
    reply = rig.post(headers=MUST).only_reply
    assert reply.status == 503
    assert "drafts are switched off" in str(error(reply)["message"])
    assert (rig.exchanges[-1].outcome, rig.upstreams.attempts) == ("failed", [])


def test_a_refusal_is_written_down(rig: Rig) -> None:
    reply = rig.post(body=b"{").only_reply
    (record,) = rig.exchanges
    assert (record.id, record.outcome, record.status) == (header(reply, "x-mainstay-id"), "refused", 400)
    assert (record.dialect, record.bytes_received, record.bytes_sent) == ("anthropic", 1, len(reply.body))
    assert record.at == pytest.approx(time.time(), abs=60)


def test_what_the_server_refuses_is_answered_in_the_dialect_and_written_down(rig: Rig) -> None:
    reply = rig.gateway.refusal("/v1/messages", 413, "too_large", "at most 40 MB")
    assert (reply.status, header(reply, "x-mainstay-id")) == (413, "ex_1")
    assert msgspec.json.decode(reply.body)["type"] == "error"
    assert error(rig.gateway.refusal("", 400, "bad_request", "no HTTP"))["code"] == "bad_request"
    assert [(record.outcome, record.status) for record in rig.exchanges] == [("refused", 413), ("refused", 400)]


def test_trouble_of_our_own_is_not_the_callers(rig: Rig) -> None:
    reply = rig.gateway.refusal("/v1/messages", 503, "too_many_connections", "try again shortly")
    assert reply.status == 503
    assert (rig.exchanges[0].outcome, rig.exchanges[0].fault) == ("failed", "internal")


# -- exchanges


def test_a_call_is_served_and_written_down(rig: Rig) -> None:
    caller = rig.post("/v1/messages?beta=true")
    assert rig.attempt.command.url == "http://alpha/v1/messages?beta=true"
    assert rig.gateway.running == 1
    rig.answer()
    assert caller.only_reply.body == ANSWER
    assert header(caller.only_reply, "x-mainstay-upstream") == "alpha"
    assert header(caller.only_reply, "x-mainstay-simulated") is None
    assert rig.gateway.running == 0
    attempt, exchange = rig.journal.records
    assert isinstance(attempt, AttemptRecord)
    assert isinstance(exchange, ExchangeRecord)
    assert (exchange.id, exchange.outcome, attempt.exchange) == ("ex_1", "answered", "ex_1")


def test_the_callers_deadline_is_the_exchanges(rig: Rig) -> None:
    rig.post(headers=(*JSON, ("x-mainstay-deadline-seconds", "7")))
    (driver,) = rig.gateway._runs._around.alarms._sleepers
    assert driver.until <= rig.loop.time() + 7


def test_a_caller_of_one_dialect_is_served_in_another(rig: Rig) -> None:
    caller = rig.post("/v1/chat/completions")
    assert rig.attempt.command.url == "http://alpha/v1/messages"
    rig.answer()
    body = msgspec.json.decode(caller.only_reply.body)
    assert (body["object"], body["choices"][0]["message"]["content"]) == ("chat.completion", "Hello")
    assert header(caller.only_reply, "x-mainstay-degraded") is None


class LateKeys:
    """No key lives until a test says so."""

    def __init__(self) -> None:
        self.key: str | None = None

    def living(self, upstream: str, credential: Credential, wall: float) -> str | None:
        return self.key

    def rejected(self, upstream: str, credential: Credential) -> None:
        pass


def test_the_living_key_is_asked_for_each_time() -> None:
    vertex = "{dialect: anthropic, platform: vertex, region: global, project: p}"
    yaml = YAML.replace('{dialect: anthropic, base_url: "http://alpha"}', vertex)
    keys = LateKeys()
    for rig in rig_with(snapshot(yaml), keys=keys):
        assert rig.post().only_reply.status >= 500
        keys.key = "first"
        rig.post()
        assert ("authorization", "Bearer first") in rig.attempt.command.headers
        keys.key = "second"
        rig.post()
        assert ("authorization", "Bearer second") in rig.attempt.command.headers


def test_a_caller_who_leaves_frees_its_attempt(rig: Rig) -> None:
    caller = rig.post()
    assert caller.on_left is not None
    caller.on_left()
    assert rig.attempt.cancelled
    assert (rig.gateway.running, rig.exchanges[0].outcome) == (0, "left")


def test_a_running_exchange_keeps_its_configuration(rig: Rig) -> None:
    caller = rig.post()
    rig.gateway.replace(snapshot(YAML.replace("claude:", "other:")))
    assert rig.post().only_reply.status == 404
    rig.answer()
    assert caller.only_reply.status == 200
    assert [one["id"] for one in msgspec.json.decode(rig.get("/v1/models").body)["data"]] == ["other", "gpt"]


def test_a_defect_is_answered_reported_and_written_down(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("sk-secret")

    monkeypatch.setattr(rig.gateway.board, "ended", fail)
    rig.post()
    rig.attempt.deliver(Broke(1, rig.loop.time(), Breakage.REFUSED))
    (reply,) = [line for line in rig.happened if line.startswith("reply")]
    (report,) = rig.reports
    (record,) = rig.exchanges
    assert reply == "reply 500"
    assert report.startswith("defect in exchange ex_1: ZeroDivisionError at ")
    assert (record.id, record.outcome, record.fault, record.model_asked) == ("ex_1", "failed", "internal", "claude")
    assert "sk-secret" not in report
    assert rig.gateway.running == 0


# -- simulated providers


def test_every_answer_of_simulated_providers_says_so(simulated_rig: Rig) -> None:
    rig = simulated_rig
    paths = ("/livez", "/readyz", "/metrics", "/v1/models", "/v1/models/claude-demo", "/v1/models/nobody", "/nowhere")
    replies = [rig.get(path) for path in paths]
    replies += [rig.send("PUT", "/v1/messages").only_reply, rig.post(body=b"{").only_reply]
    replies.append(rig.gateway.refusal("/v1/messages", 413, "too_large", "at most 40 MB"))
    caller = rig.post(body=ask("claude-demo"))
    rig.answer()
    replies.append(caller.only_reply)
    assert [header(reply, "x-mainstay-simulated") for reply in replies] == [SIMULATED_NOTICE] * len(replies)


def test_the_notice_comes_and_goes_with_the_configuration(simulated_rig: Rig) -> None:
    simulated_rig.gateway.replace(snapshot())
    assert header(simulated_rig.get("/livez"), "x-mainstay-simulated") is None
    simulated_rig.gateway.replace(simulated())
    assert header(simulated_rig.get("/livez"), "x-mainstay-simulated") == SIMULATED_NOTICE
