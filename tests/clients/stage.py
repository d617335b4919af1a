"""The stage: a fake provider for each place, and one gateway with a model for each cell."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.seen import RequestSeen
from mainstay.lab.provider.thread import FakeProviderThread
from tests.clients.plan import CELLS, FAULTS, IDENTITY, STANDBY, VERTEX_CLAUDE, VERTEX_GEMINI, Cell
from tests.conformance.stage import AWS_KEY, AWS_KEY_VARIABLE, upstream
from tests.e2e.lanes import KEY, KEY_VARIABLE, Tree
from tests.e2e.process import GatewayProcess, free_port
from tests.e2e.raw import get

STANDBY_KINDS = ("anthropic", "openai-chat", "openai-responses", "bedrock")
VERTEX_KEY_VARIABLE = "LAB_VERTEX_KEY"
_EXCHANGES = re.compile(r'^mainstay_exchanges_total\{.*outcome="([^"]*)".*\} (\S+)$', re.MULTILINE)
_RUNNING = re.compile(r"^mainstay_exchanges_running (\S+)$", re.MULTILINE)


class Stage(msgspec.Struct, frozen=True):
    """A running gateway and the places behind it."""

    gateway: GatewayProcess
    places: dict[str, FakeProviderThread]

    @property
    def url(self) -> str:
        """Base URL of the gateway."""
        return self.gateway.url

    def prepare(self, cell: Cell) -> None:
        """Set in force what befalls this cell alone, and forget what models were asked: a place remembers a hundred
        requests."""
        for name, place in self.places.items():
            if name != IDENTITY:
                place.forget()
        if cell.road.is_midway:
            place = self.places[cell.road.place]
            place.break_with("overloaded", model=cell.model)
            place.break_with("ok", 1, model=cell.model)

    def asked_primary(self, cell: Cell) -> list[RequestSeen]:
        """What the first choice of a cell has been asked."""
        return _about(self.places[cell.road.place], cell)

    def asked_standby(self, cell: Cell) -> list[RequestSeen]:
        """What the standby of a cell has been asked."""
        return _about(self.places[STANDBY], cell)

    def refused_logins(self) -> int:
        """How often a token was asked for where none is given."""
        return len(self.places[IDENTITY].requests)

    def exchanges(self) -> Counter[str]:
        """How many requests of callers have ended, by outcome. Waits for those that have not."""
        self.gateway.until(lambda: _RUNNING.findall(self._metrics()) == ["0.0"], "no exchange runs")
        found: Counter[str] = Counter()
        for outcome, count in _EXCHANGES.findall(self._metrics()):  # a line for each dialect
            found[outcome] += int(float(count))
        return found

    def _metrics(self) -> str:
        return get(self.url, "/metrics").body.decode()


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Everything running, until the block ends. The end of the gateway must be clean."""
    with ExitStack() as stack:
        person = Personality(words_per_event=1)
        places = {
            name: stack.enter_context(FakeProviderThread(name, fault=fault, personality=person))
            for name, fault in FAULTS.items()
        }
        port = free_port()
        file = folder / "mainstay.yaml"
        file.write_bytes(msgspec.json.encode(_configuration(port, folder, places)))
        secrets = {
            KEY_VARIABLE: KEY,
            AWS_KEY_VARIABLE: AWS_KEY,
            VERTEX_KEY_VARIABLE: _federated(folder, places[IDENTITY].url),
        }
        gateway = stack.enter_context(GatewayProcess(file, port, secrets))
        yield Stage(gateway, places)
        assert gateway.stop() == 0, gateway.output
        assert "defect" not in gateway.output, gateway.output


def _configuration(port: int, folder: Path, places: dict[str, FakeProviderThread]) -> Tree:
    """Every cell has a first choice of its own, for trouble with an account concerns an upstream as a whole."""
    upstreams = {f"standby-{kind}": upstream(kind, places[STANDBY].url) for kind in STANDBY_KINDS}
    for kind, dialect in {VERTEX_CLAUDE: "anthropic", VERTEX_GEMINI: "gemini"}.items():
        upstreams[kind] = _vertex(dialect, places["well"].url)
    models: dict[str, Tree] = {}
    for cell in CELLS:
        if cell.road.reaches_primary:
            upstreams[cell.model] = upstream(cell.primary, places[cell.road.place].url)
        first = cell.model if cell.road.reaches_primary else cell.primary
        models[cell.model] = {"candidates": [{"upstream": first}, {"upstream": f"standby-{cell.standby}"}]}
    return {
        "gateway": {"listen": f"127.0.0.1:{port}"},
        "control": {"listen": "127.0.0.1:0"},
        "state": str(folder / "state"),
        "upstreams": upstreams,
        "models": models,
    }


def _vertex(dialect: str, url: str) -> Tree:
    return {
        "dialect": dialect,
        "platform": "vertex",
        "base_url": f"{url}/v1/projects/lab/locations/eu",
        "project": "lab",
        "region": "eu",
        "credentials": [{"name": "main", "key": f"env:{VERTEX_KEY_VARIABLE}"}],
    }


def _federated(folder: Path, identity_url: str) -> str:
    """A Google credential whose tokens come from a place of ours."""
    proof = folder / "proof"
    proof.write_text("proof-of-who-we-are")
    file: Tree = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/lab",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{identity_url}/token",
        "credential_source": {"file": str(proof)},
    }
    return msgspec.json.encode(file).decode()


def _about(place: FakeProviderThread, cell: Cell) -> list[RequestSeen]:
    """The model stands in the body, or in the path."""
    name = cell.model.encode()
    return [one for one in place.requests if name in one.request.body or cell.model in one.request.path]
