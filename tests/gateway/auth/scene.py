"""A gate in virtual time, with the folder, the issuers and the operator around it."""

from collections.abc import Callable
from pathlib import Path

from mainstay.config.schema import IssuerSection
from mainstay.gateway.auth.gate import AuthGate
from mainstay.gateway.auth.registrar import Registrar, Wish
from mainstay.gateway.auth.trust_folder import TrustFolder
from mainstay.gateway.tokens.source import Response
from mainstay.model.commands import Open
from mainstay.model.events import Breakage
from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.model.identity import Identity
from tests.gateway.doubles import FakeClock
from tests.gateway.tokens.identity import FakeServices, said, surroundings
from tests.wire.trust.foreign_makers import ISSUER, key_set_text, public
from tests.wire.trust.makers import WALL

KEYS_URL = "https://login.example/keys"
SECTION = IssuerSection(issuer=ISSUER, audience="mainstay", keys_url=KEYS_URL, tenant="acme")


def now_at_once(job: Callable[[], None]) -> None:
    """Runs what would be run beside."""
    job()


class Bytes:
    """Random bytes that are none: each call gives the next number."""

    def __init__(self, first: int = 0) -> None:
        self.calls = first

    def __call__(self, count: int) -> bytes:
        self.calls += 1
        return self.calls.to_bytes(count, "big")


class Operator:
    """Whoever mints and revokes, on a clock of his own."""

    def __init__(self, state: Path, wall: float = WALL, first: int = 0) -> None:
        self.wall = wall
        self.folder = TrustFolder(state)
        self.registrar = Registrar(self.folder, lambda: self.wall, Bytes(first))

    def mint(self, tenant: str = "acme", **wishes: object) -> str:
        return self.registrar.mint(Wish(tenant=tenant, name="ci", days=30, **wishes))[0]  # type: ignore[arg-type]

    @property
    def bundle_file(self) -> Path:
        return self.folder.path / "trust.jws"


class Scene:
    """A gate and everything that it touches. `keys` is what the issuer answers: a text, or how it fails."""

    def __init__(
        self,
        state: Path,
        *sections: IssuerSection,
        required: bool = True,
        keys: str | Breakage | None = None,
        run: Callable[[Callable[[], None]], object] = now_at_once,
    ) -> None:
        self.keys: str | Breakage | None = keys or key_set_text(public("RS256"), public("Ed25519"))
        self.clock = FakeClock(0.0)
        self.services = FakeServices(self.clock, self.answer)
        self.around = surroundings(self.clock, self.services)
        self.reports: list[str] = []
        self.news: list[tuple[int, str]] = []
        self.gate = AuthGate(state, self.around, self.reports.append, required=required, run=run)
        self.gate.on_change = lambda serial, text: self.news.append((serial, text))
        self.gate.start(sections)
        self.clock.advance(0)

    def answer(self, command: Open) -> Response | Breakage | None:
        return said(self.keys.encode()) if isinstance(self.keys, str) else self.keys

    def asks(self, *headers: tuple[str, str], at: float | None = None) -> Identity | Fault:
        fields: Headers = (("host", "x"), *headers)
        return self.gate.identify(fields, WALL + self.clock.now if at is None else at)

    def says(self, token: str, at: float | None = None) -> str:
        """What becomes of a token: the code of the fault, or whose work it is."""
        found = self.asks(("x-api-key", token), at=at)
        return f"{found.status} {found.code}" if isinstance(found, Fault) else found.tenant
