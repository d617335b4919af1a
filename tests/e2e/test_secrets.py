"""Canaries are planted wherever a secret can stand; then everything that was written or said is searched for them."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import msgspec
import pytest

from mainstay.lab.provider.prose import prose
from mainstay.lab.provider.thread import FakeProviderThread
from tests.control.stand import csrf_of
from tests.e2e.callers import PATHS, Question
from tests.e2e.canaries import Canaries
from tests.e2e.issuer import Issuer
from tests.e2e.lanes import Tree
from tests.e2e.parrot import WISH, Parrot
from tests.e2e.premises import DOORS, Premises
from tests.e2e.raw import Heard, get, post, send
from tests.e2e.resumable import OTHER
from tests.services.postgres import PASSWORD, PostgresServer
from tests.services.processes import children
from tests.services.redis import RedisServer

PROMPT = "Why does Xanadupolis-the-canary hum in 30 words?"
PROVIDER_KEY = "sk-canary-of-the-provider-5f1c0b7e9a"
WRONG_STORE = "canary-of-the-wrong-store-31d9"
REDIS = "canary-of-redis-8812e"
WRONG_REDIS = "canary-of-the-wrong-redis-77fa"
DRAFTS_KEY = "canary-of-the-drafts-key-c0ffee42"
CLIENT_SECRET = "canary-of-the-login-client-9b1d"
PERSON = "canary-password-of-ann-0417"
WRONG_PERSON = "canary-password-guessed-wrong"
CALLERS_KEY = "sk-canary-of-a-caller-16bb02"
IDEMPOTENCY_KEY = "canary-idempotency-key-6d2"
SECRETS = {
    "the provider's key": PROVIDER_KEY,
    "the store's password": PASSWORD,
    "the wrong password of the store": WRONG_STORE,
    "the password of Redis": REDIS,
    "the wrong password of Redis": WRONG_REDIS,
    "the key of drafts": DRAFTS_KEY,
    "the secret of the login's client": CLIENT_SECRET,
    "a person's password": PERSON,
    "a password that was tried": WRONG_PERSON,
}
WORDS = {
    "a prompt": "Xanadupolis-the-canary",
    "an answer": prose(PROMPT, 30)[10:50],
    "a caller's own key": CALLERS_KEY,
    "a caller's idempotency key": IDEMPOTENCY_KEY,
}
"""What a caller may hear again, but nobody else may read."""
FAULTS = (
    *("overloaded", "auth", "forbidden", "billing", "server-error", "cut:after=20", "reset:after=20", "html-200"),
    *("inband-error", "truncated-json", "malformed-event", "bad-request", "not-found", "empty"),
    "stall:phase=headers",
)
WISHES = ("400", "404", "422", "429", "500", "529", "stream", "inner", "html", "402", "403", "401")


class Aftermath(msgspec.Struct, frozen=True):
    """What is left to be searched: the folder, what was heard outside, and what may not stand in it."""

    premises: Premises
    heard: list[tuple[str, bytes]]
    store: bytes
    secrets: Canaries
    words: Canaries


def tree(provider: FakeProviderThread, parrot: Parrot, issuer: Issuer) -> dict[str, Tree]:
    key: Tree = [{"name": "main", "key": "env:PROVIDER_KEY"}]
    upstreams: dict[str, Tree] = {}
    models: dict[str, Tree] = {}
    for door, model in DOORS.items():
        for name, url in (("alpha", provider.url), ("parrot", parrot.url)):
            base_url = url if door == "anthropic" else f"{url}/v1"
            upstreams[f"{name}-{door}"] = {"dialect": door, "base_url": base_url, "credentials": key}
        models[model] = {"candidates": [{"upstream": f"alpha-{door}"}]}
        # Health is kept for each model: a wish that is refused leaves the others as they are.
        for wish in WISHES:
            models[f"parrot-{model}-{wish}"] = {"candidates": [{"upstream": f"parrot-{door}"}]}
            models[f"crossing-{model}-{wish}"] = {"candidates": [{"upstream": f"parrot-{OTHER[door]}"}]}
    roles: Tree = {"staff": "viewer"}
    login: Tree = {"issuer": issuer.url, "client_id": "us", "client_secret": "env:CLIENT_SECRET", "roles": roles}
    return {
        "gateway": {"workers": 2, "drain_seconds": 1},
        "control": {"login": login, "url": "http://127.0.0.1"},
        "auth": {"callers": "tokens"},
        "store": "env:STORE",
        "shared": "env:SHARED",
        "drafts": {"key": "env:DRAFTS_KEY"},
        "upstreams": upstreams,
        "models": models,
        "workloads": {
            "default": {"deadline_seconds": 2},
            "durable": {"deadline_seconds": 2, "durable": True},
            "buffered": {"deadline_seconds": 2, "recovery": "buffer"},
        },
        "timeouts": {"first_byte_seconds": 0.3, "silence_seconds": 0.3, "plain_answer_seconds": 1},
        "tenants": {"poor": {"requests_per_minute": 1}},
    }


@pytest.fixture(scope="module")
def aftermath(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    """Everything that may go wrong has gone wrong, and some things went well."""
    with ExitStack() as stack:
        provider = stack.enter_context(FakeProviderThread("alpha"))
        parrot, issuer = stack.enter_context(Parrot()), stack.enter_context(Issuer())
        redis = stack.enter_context(RedisServer(REDIS))
        dsn = stack.enter_context(postgres_server.database())
        environment = {
            "PROVIDER_KEY": PROVIDER_KEY,
            "DRAFTS_KEY": DRAFTS_KEY,
            "CLIENT_SECRET": CLIENT_SECRET,
            "STORE": dsn.replace(PASSWORD, WRONG_STORE),
            "SHARED": redis.url.replace(REDIS, WRONG_REDIS),
        }
        folder = tmp_path_factory.mktemp("secrets")
        premises = stack.enter_context(Premises(folder, tree(provider, parrot, issuer), environment))
        play = Play(premises, issuer)
        play.prepare()
        premises.start()
        with premises.control_plane():
            play.visit_the_console()
            play.call_once()
        assert premises.gateway.stop() == 0, premises.gateway.output
        environment["STORE"], environment["SHARED"] = dsn, redis.url
        premises.environment.update(environment)
        premises.start()
        with premises.control_plane() as control:
            play.visit_the_console()
            play.call()
            redis.kill()
            play.call_once()
            premises.gateway.signal(signal.SIGHUP)
            database = dsn.rpartition("/")[2]
            control.until(lambda: shipped(postgres_server, database) >= len(premises.records()), "all is shipped")
            play.look(children(premises.gateway.pid))
        play.run_commands()
        reached = {wish for _, wish in parrot.reached}
        assert reached == set(WISHES)
        rows = postgres_server.execute("SELECT * FROM mainstay.record", database)
        secrets = Canaries(SECRETS | play.tokens)
        yield Aftermath(premises, play.heard, repr(rows).encode(), secrets, Canaries(WORDS))


def broken() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Door, model and headers of requests that the provider breaks."""
    doors = list(DOORS)
    for number, fault in enumerate(FAULTS):
        door = doors[number % len(doors)]
        yield door, DOORS[door], {"x-lab-faults": f"alpha={fault}"}


def parroted() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Door, model and headers of requests to the upstream that keeps nothing to itself."""
    for wish in WISHES:
        for door, model in DOORS.items():
            for way in ("parrot", "crossing"):
                yield door, f"{way}-{model}-{wish}", {WISH: wish}


def shipped(server: PostgresServer, database: str) -> int:
    ((count,),) = server.execute("SELECT count(*) FROM mainstay.record", database)
    assert isinstance(count, int)
    return count


class Play:
    """Does all sorts of things, and remembers what was heard."""

    def __init__(self, premises: Premises, issuer: Issuer) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.tokens: dict[str, str] = {}
        self._premises = premises
        self._issuer = issuer

    def prepare(self) -> None:
        """Tokens and a person, by the operator's commands."""
        premises = self._premises
        self.tokens = {"a token": premises.mint(), "a poor one's": premises.token("poor")}
        revoked = premises.token("leaky")
        self.tokens |= {"a revoked token": revoked, "a forged token": revoked[:-12] + "A" * 12}
        self.tokens["another issuer's token"] = self._issuer.token()
        premises.registrar.revoke_token(revoked)
        self._command("token", "revoke", revoked[:-9], code=1)
        said = premises.run("people", "add", "ann", "--role", "admin", "-c", str(premises.file), given=f"{PERSON}\n")
        self._note("people add", said.out + said.err)

    def call(self) -> None:
        """Requests of callers, good and bad."""
        self.call_once()
        token = self.tokens["a token"]
        with ThreadPoolExecutor(8) as pool:
            jobs = [pool.submit(self._ask, token, *one) for one in (*broken(), *parroted())]
            for job in jobs:
                job.result()
        self._ask(token, "anthropic", "parrot-claude-500", {WISH: "500", "x-mainstay-workload": "durable"})
        for name in ("a revoked token", "a forged token", "another issuer's token", "a poor one's", "a poor one's"):
            self._ask(self.tokens[name], "anthropic", "claude")
        self._call_badly(token)

    def call_once(self) -> None:
        """Good requests at each door, with a key and without."""
        token = self.tokens["a token"]
        for door, model in DOORS.items():
            for stream in (False, True):
                self._ask(token, door, model, stream=stream)
                self._ask(token, door, model, {"idempotency-key": f"{IDEMPOTENCY_KEY}-{stream}"}, stream=stream)
            self._ask(token, door, model, {"x-mainstay-workload": "durable"})

    def visit_the_console(self) -> None:
        """A person who logs in, at the third try."""
        url = self._premises.control_url
        with httpx.Client(base_url=url, timeout=20) as browser:
            for name, password in (("ann", WRONG_PERSON), (PERSON, PERSON), ("ann", PERSON)):
                fields = {"name": name, "password": password, "csrf": csrf_of(browser.get("/login"))}
                answer = browser.post("/login", data=fields, headers={"origin": url})
                if name == PERSON:  # who has taken one field for the other reads it again in that field
                    assert answer.status_code == 401
                    continue
                self.heard.append((f"POST /login {answer.status_code}", answer.content))
            assert answer.status_code == 303, answer.text
            for name, value in browser.cookies.items():
                self.tokens[f"the cookie {name}"] = value
            paths = (
                "/",
                "/people",
                "/api/me",
                "/api/overview",
                "/api/people",
                "/readyz",
                "/nowhere",
                "/login/provider",
            )
            for path in paths:
                answer = browser.get(path)
                self.heard.append((f"GET {path}", answer.content))

    def look(self, workers: list[int]) -> None:
        """What gateway and processes show of themselves."""
        token = {"x-api-key": self.tokens["a token"]}
        for path in ("/readyz", "/metrics", "/livez", "/v1/models", "/v1/mainstay/trust"):
            self._hear(f"GET {path}", get(self._premises.url, path, token))
        for pid in workers:
            with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123 - a process, not a file
                self.heard.append(("a command line", file.read()))

    def run_commands(self) -> None:
        """What the operator's commands show."""
        file = str(self._premises.file)
        self._note_command("check", "-c", file)
        for words in (("tail", "-n", "1000"), ("tail", "--json", "-n", "1000"), ("export", "--format", "jsonl")):
            self._note_command("audit", *words, "-c", file)
        self._note_command("audit", "verify", "-c", file)
        self._command("token", "list")
        self._command("token", "inspect", self.tokens["a token"])
        self._note_command("people", "list", "-c", file)

    def _call_badly(self, token: str) -> None:
        url, key = self._premises.url, {"x-api-key": token}
        body = msgspec.json.encode(Question(model="claude", prompt=PROMPT).body("anthropic"))
        json = {"content-type": "application/json"}
        bad = {
            "broken JSON": send(url, "/v1/messages", body[:-9], key | json),
            "no JSON": send(url, "/v1/messages", PROMPT.encode(), key | json),
            "a large header": send(url, "/v1/messages", body, {"x-api-key": token * 200} | json),
            "two credentials": send(url, "/v1/messages", body, key | {"authorization": f"Bearer {CALLERS_KEY}"}),
            "a provider's key": send(url, "/v1/messages", body, {"x-api-key": CALLERS_KEY}),
            "an unknown path": get(url, f"/v1/{token}", key),
            "an unknown exchange": get(url, "/v1/mainstay/exchanges/ex_1/stream", key),
            "an unknown workload": send(url, "/v1/messages", body, key | {"x-mainstay-workload": "none"}),
            "a bundle": send(url, "/v1/mainstay/trust", token.encode(), {}),
        }
        for name, heard in bad.items():
            if name != "an unknown path":  # its answer repeats it
                self._hear(name, heard)
            assert heard.status >= 400, (name, heard)
        self._ask(token, "anthropic", "no-such-model")

    def _ask(
        self, token: str, door: str, model: str, more: dict[str, str] | None = None, *, stream: bool = False
    ) -> None:
        question = Question(model=model, prompt=PROMPT, stream=stream or "parrot" in model)
        fields = {"x-api-key": token, **(more or {})}
        self._hear(f"{door} {model} {more}", post(self._premises.url, PATHS[door], question.body(door), fields))

    def _hear(self, what: str, heard: Heard) -> None:
        self.heard.append((f"the header of {what} {heard.status}", repr(heard.headers).encode()))
        self.heard.append((f"the body of {what} {heard.status}", heard.body))

    def _command(self, *words: str, code: int = 0) -> None:
        said = self._premises.command(*words, code=code)
        self._note(" ".join(words[:2]), said.out + said.err)

    def _note_command(self, *words: str) -> None:
        said = self._premises.run(*words)
        self._note(" ".join(words[:2]), said.out + said.err)

    def _note(self, what: str, text: str) -> None:
        self.heard.append((f"what `{what}` prints", text.encode()))


def test_no_answer_page_metric_or_command_shows_a_secret(aftermath: Aftermath) -> None:
    found = [one for where, data in aftermath.heard for one in aftermath.secrets.found_in(where, data)]
    assert found == []


def test_no_log_shows_a_secret_or_what_callers_say(aftermath: Aftermath) -> None:
    logs = aftermath.premises.folder.rglob("output.txt")
    both = (aftermath.secrets, aftermath.words)
    read = [(str(path), path.read_bytes()) for path in logs]
    assert len(read) == 2
    assert all(data for _, data in read)
    assert [one for where, data in read for canaries in both for one in canaries.found_in(where, data)] == []


def test_no_file_holds_a_secret_or_what_callers_say(aftermath: Aftermath) -> None:
    folder = aftermath.premises.folder
    assert {"journal-0.sqlite", "journal-1.sqlite", "trust.jws", "people.json", "cookie.key", "spending-0.json"} <= {
        path.name for path in folder.rglob("*")
    }
    assert aftermath.secrets.found_below(folder) == []
    assert aftermath.words.found_below(folder) == []


def test_the_store_holds_no_secret_and_nothing_that_callers_say(aftermath: Aftermath) -> None:
    assert b"tok_" in aftermath.store
    assert aftermath.secrets.found_in("the store", aftermath.store) == []
    assert aftermath.words.found_in("the store", aftermath.store) == []


def test_the_search_finds_what_is_there(aftermath: Aftermath) -> None:
    # That prompts and answers were asked and given at all, and that a provider was sent its key.
    said = b"".join(data for _, data in aftermath.heard)
    assert aftermath.words.found_in("what was heard", said)
    (aftermath.premises.folder / "planted").write_bytes(b"x" * 100_000 + PROVIDER_KEY.encode())
    assert "at 100000" in aftermath.secrets.found_below(aftermath.premises.folder)[0]
