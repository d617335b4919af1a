"""SQL, control characters and their like in every text that a caller or an operator can send, down to PostgreSQL."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import msgspec
import pytest
from typer.testing import CliRunner

from mainstay.cli.main import app
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.model.records import ExchangeRecord, Record
from tests.control.stand import csrf_of
from tests.e2e.callers import PATHS, Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import DOORS, PROMPT, Premises, tree
from tests.e2e.process import Process
from tests.e2e.raw import Heard, connect, get, post, read_until_closed, send
from tests.services.postgres import PostgresServer

SQL = "a'); DROP TABLE mainstay.record; --"
HOSTILE = (
    SQL,
    '"; DELETE FROM record WHERE ""="',
    "\x00",
    "tab\tand\nline\r\nand\x1b[2Jclear",
    "\u202egnp.exe\u2066",
    "%s %(name)s {0} $1 ? :x \\' \\",
    "=cmd|' /C calc'!A0",
    "\U0001f4a3\uffff\x7f\x85",
    "../../../etc/passwd",
    "m" * 5_000,
)
SAID_BY_UPSTREAMS = (SQL, "=cmd|' /C calc'!A0", "@SUM(1+1)", "tab\tnul\x00esc\x1b[2Jrtl\u202e")
NOT_FOR_TERMINALS = {"\x00", "\x1b", "\x7f", "\u202e", "\r", "\x85"}
SURROGATE = b'"\\ud800"'
CONFIGURED = "a');DROP+TABLE+mainstay.record;--\""
"""A model that the operator has named so; names have no spaces."""
HEADERS = ("x-mainstay-workload", "x-mainstay-deadline-seconds", "idempotency-key", "user-agent", "anthropic-beta")


class Scene(msgspec.Struct, frozen=True):
    """A gateway and a control plane on one state folder; the store is PostgreSQL."""

    premises: Premises
    control: Process
    server: PostgresServer
    database: str
    token: str

    def count(self, where: str = "true") -> int:
        """Rows of the store's table of records."""
        ((found,),) = self.server.execute(f"SELECT count(*) FROM mainstay.record WHERE {where}", self.database)  # noqa: S608 - the test's own words
        assert isinstance(found, int)
        return found

    def until_shipped(self) -> None:
        """Wait until the store has everything that the journals have."""
        self.control.until(lambda: self.count() >= len(self.premises.records()), "all is shipped")

    def ask(self, body: bytes, door: str = "anthropic", headers: dict[str, str] | None = None) -> Heard:
        """A request with exactly this body."""
        fields = {"x-api-key": self.token, "content-type": "application/json", **(headers or {})}
        return send(self.premises.url, PATHS[door], body, fields)


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha") as running:
        yield running


@pytest.fixture(scope="module")
def scene(
    provider: FakeProviderThread, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    with ExitStack() as stack:
        dsn = stack.enter_context(postgres_server.database())
        sections: dict[str, Tree] = {"auth": {"callers": "tokens"}, "store": "env:STORE"}
        given = tree(provider, **sections)
        models = given["models"]
        assert isinstance(models, dict)
        candidate: Tree = {"candidates": [{"upstream": "alpha-anthropic"}]}
        given["models"] = models | {CONFIGURED: candidate, "*": candidate}
        given["prices"] = {CONFIGURED: {"input": 1, "output": 1}}
        premises = stack.enter_context(Premises(tmp_path_factory.mktemp("hostile"), given, {"STORE": dsn}))
        token = premises.token()
        premises.start()
        control = stack.enter_context(premises.control_plane())
        yield Scene(premises, control, postgres_server, dsn.rpartition("/")[2], token)


def body(model: object, prompt: object = PROMPT) -> bytes:
    asked: dict[str, object] = dict(Question(model="", stream=False).body("anthropic"))
    return msgspec.json.encode(asked | {"model": model, "messages": [{"role": "user", "content": prompt}]})


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_stands_in_a_request_it_is_answered(text: str, scene: Scene) -> None:
    for door, model in DOORS.items():
        named = Question(model=text, prompt=text, stream=False).body(door)
        served = Question(model=model, prompt=text, stream=False).body(door)
        assert post(scene.premises.url, PATHS[door], served, {"x-api-key": scene.token}).status == 200
        heard = post(scene.premises.url, PATHS[door], named, {"x-api-key": scene.token})
        assert heard.status in {200, 400, 404}
    more = {"metadata": {"user_id": text}, "stop_sequences": [text], "system": text, text: text}
    scene.ask(msgspec.json.encode(msgspec.json.decode(body("claude"), type=dict[str, object]) | more))
    assert scene.ask(body(CONFIGURED)).status == 200


@pytest.mark.parametrize("name", HEADERS)
def test_whatever_stands_in_a_header_it_is_answered(name: str, scene: Scene) -> None:
    for text in HOSTILE:
        try:
            field = text.encode().decode("latin-1")
            heard = scene.ask(body("claude"), headers={name: field})
        except ValueError:
            continue  # the client itself refuses to send line ends
        assert heard.status in {200, 400}, (name, text, heard)
    for raw in (b"\x00", b"\x1b[2J", b"a\rb", b"\xff\xfe"):
        head = f"POST /v1/messages HTTP/1.1\r\nhost: gateway\r\nx-api-key: {scene.token}\r\n".encode()
        head += name.encode() + b": " + raw + b"\r\nconnection: close\r\n"
        data = body("claude")
        with closing(connect(scene.premises.url)) as line:
            line.sendall(head + f"content-length: {len(data)}\r\n\r\n".encode() + data)
            answer = read_until_closed(line)
        assert answer.split(b" ", 2)[1] in {b"200", b"400"}, (name, raw, answer)
    assert scene.ask(body("claude")).status == 200


def test_whatever_stands_in_a_path_it_is_answered(scene: Scene) -> None:
    headers = {"x-api-key": scene.token}
    for text in ("%27);DROP%20TABLE%20record;--", "%00", "..%2f..%2fetc%2fpasswd", "%1b[2J", "%ff", "a" * 300, "%"):
        for root in ("/v1/models/", "/v1/responses/", "/v1/mainstay/exchanges/", "/"):
            heard = get(scene.premises.url, f"{root}{text}", headers)
            # Where a wildcard stands for all other names, there is a model of every name.
            assert heard.status in {200, 400, 404} if root == "/v1/models/" else {400, 404}, (root, text, heard)
        heard = get(scene.premises.url, f"/v1/mainstay/exchanges/ex_1/stream?after={text}", headers)
        assert heard.status in {400, 404}


@pytest.mark.parametrize("raw", [SURROGATE, b'"\\u0000"', b"1e999", b"null", b"{}", b"[" * 50_000, b'"\xff"'])
def test_what_is_no_proper_json_is_answered(raw: bytes, scene: Scene) -> None:
    for door in DOORS:
        for field in (b"model", b"messages", b"input", b"stream", b"max_tokens", b"previous_response_id"):
            heard = scene.ask(b'{"model": "claude", "max_tokens": 9, ' + b'"' + field + b'": ' + raw + b"}", door)
            assert 400 <= heard.status < 500 or heard.status == 200, (door, field, raw, heard)
    assert scene.ask(body("claude")).status == 200


def test_whatever_an_upstream_says_it_is_recorded(scene: Scene, provider: FakeProviderThread) -> None:
    for text in SAID_BY_UPSTREAMS:
        provider.break_with(f"status:code=422,type={text},message={text}", 1)
        heard = scene.ask(body("claude"))
        assert heard.status == 422
        (record,) = scene.premises.until_recorded(1, id=heard.header("x-mainstay-id"))
        assert record.fault_code == text


@pytest.mark.parametrize("text", [SQL, "\x1b[2J", "", "in\tside", "x" * 300, "\u202e", "--help", "n\x00l"])
def test_operators_are_told_what_a_name_looks_like(text: str, scene: Scene) -> None:
    """Every text argument of the commands that make something."""
    premises = scene.premises
    before = premises.registrar.trust().serial, len(premises.registrar.minted())
    state = f"--state={premises.state}"
    for words in (
        ("token", "mint", state, f"--tenant={text}", "--name=n"),
        ("token", "mint", state, f"--name={text}", "--tenant=n"),
        ("token", "mint", state, f"--workload={text}", "--tenant=n", "--name=n"),
        ("token", "mint", state, f"--model={text} ", "--tenant=n", "--name=n"),
        ("token", "revoke", state, f"--tenant={text}"),
        ("token", "revoke", state, "--", text),
        ("people", "add", state, "--role=viewer", "--", text),
        ("people", "add", state, f"--role={text}", "--", "somebody"),
        ("people", "remove", state, "--", text),
        ("audit", "tail", state, f"--exchange={text} "),
    ):
        told = CliRunner().invoke(app, words, input="a password of good length\n")
        assert told.exit_code == 1, (words, told.output)
        assert told.exception is None or isinstance(told.exception, SystemExit)
        assert not NOT_FOR_TERMINALS & set(told.output)
        assert len(told.output) < 1_000
    assert (premises.registrar.trust().serial, len(premises.registrar.minted())) == before


def test_people_pages_take_no_hostile_name(scene: Scene) -> None:
    url = scene.premises.control_url
    with httpx.Client(base_url=url, timeout=20) as browser:
        for text in HOSTILE:
            fields = {"name": text, "role": "admin", "password": "a password of good length", "next": text}
            for path in ("/people/add", "/people/role", "/people/remove"):
                answer = browser.post(
                    path, data=fields | {"csrf": csrf_of(browser.get("/people"))}, headers={"origin": url}
                )
                assert 400 <= answer.status_code < 500, (path, text, answer.text)
                assert "<script" not in answer.text.replace('<script type="module" src="', "")
        shown = browser.get("/api/people")
    assert shown.status_code == 200
    assert '"name"' not in shown.text


def test_the_ledger_is_whole_and_sound_after_all_that(scene: Scene, tmp_path: Path) -> None:
    premises = scene.premises
    asked = scene.ask(body(CONFIGURED))
    (record,) = premises.until_recorded(1, id=asked.header("x-mainstay-id"))
    assert (record.model_asked, bool(record.cost_nanodollars)) == (CONFIGURED, True)
    scene.until_shipped()
    assert scene.count("kind = 'exchange' AND tenant = 'acme'") > 100
    file = ("-c", str(premises.file))
    assert "sound" in premises.run("audit", "verify", *file).out
    lines = premises.run("audit", "export", "--format", "jsonl", *file).out.split("\n")
    exported = [msgspec.json.decode(line, type=Record) for line in lines if line]
    asked_for = {one.model_asked for one in exported if isinstance(one, ExchangeRecord)}
    assert CONFIGURED in asked_for
    assert "../../../etc/passwd" in asked_for
    codes = {one.fault_code for one in exported if isinstance(one, ExchangeRecord)}
    assert set(SAID_BY_UPSTREAMS) <= codes
    premises.run("audit", "export", "--format", "csv", "--kind", "exchange", "-o", str(tmp_path / "x.csv"), *file)
    with (tmp_path / "x.csv").open(newline="") as table:
        cells = [cell for row in csv.reader(table) for cell in row]
    assert SQL in cells
    assert "'=cmd|' /C calc'!A0" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "@"))]
    shown = premises.run("audit", "tail", "-n", "1000", *file).out
    assert not NOT_FOR_TERMINALS & set(shown)


def test_metrics_hold_their_form(scene: Scene) -> None:
    page = get(scene.premises.url, "/metrics", {"x-api-key": scene.token})
    assert page.status == 200
    for line in page.text.splitlines():
        assert line.startswith("#") or line.rpartition(" ")[2].replace(".", "").replace("e", "").strip("+-")
    assert SQL not in page.text
