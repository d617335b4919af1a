"""The gate: who may call. Implements `model.ports.Authenticator` with what this process holds in memory."""

from collections.abc import Callable, Iterable
from math import inf
from pathlib import Path
from typing import Final

import msgspec

from mainstay.config.schema import IssuerSection
from mainstay.gateway.auth.issuer import Desk
from mainstay.gateway.auth.issuers import Issuers
from mainstay.gateway.auth.presented import presented_token
from mainstay.gateway.auth.remembered import Remembered
from mainstay.gateway.auth.threads import Run, run_beside
from mainstay.gateway.auth.trust_folder import TrustFolder
from mainstay.gateway.auth.trust_keeper import TrustKeeper
from mainstay.gateway.tokens.renewer import Surroundings
from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.model.identity import LOCAL, Identity
from mainstay.wire.trust.bundle import Trust
from mainstay.wire.trust.foreign import Foreigner, peek, read_foreign
from mainstay.wire.trust.refusals import FOREIGN_TOKEN, MISSING_TOKEN, NO_BUNDLE, UNKNOWN_KEY
from mainstay.wire.trust.token import PREFIX, Genuine, read_token, verdict

REMEMBERED_TOKENS: Final = 10_000
REMEMBERED_CHARACTERS: Final = 16_777_216
FORGED: Final = "invalid_token"
"""The code of faults that stay: what is forged or malformed does not become genuine later."""


class AuthStatus(msgspec.Struct, frozen=True):
    """What the gate knows of itself. `serial` is 0 without a trust bundle; `issuers` are told `ok` or what is wrong."""

    required: bool
    serial: int
    keys: int
    revoked: int
    trouble: str | None
    issuers: dict[str, str]


class _Kept(msgspec.Struct):
    """A token that was verified: who bears it, and between which instants that needs no second look, as long as nothing
    about keys and revocations has changed since `generation`. Of a token of ours, `genuine` is what it says."""

    identity: Identity
    starts_at: float
    ends_at: float
    generation: int
    genuine: Genuine | None


class AuthGate:
    """The gate of one process."""

    def __init__(
        self, state: Path, around: Surroundings, report: Callable[[str], None], *, required: bool, run: Run = run_beside
    ) -> None:
        """`state` is the state folder. `required`: nobody comes in without a token; else, on loopback, whoever has none
        is let in as `LOCAL`. `report` takes one line for the operator. `run` runs a piece of writing; a thread does,
        unless told otherwise."""
        self.required = required
        self.on_change: Callable[[int, str], None] | None = None
        """Is told the serial number and the text of each trust bundle that takes over, for the news."""
        self._around = around
        self._lets_strangers_in = False
        self._generation = 0
        self._known: Remembered[_Kept] = Remembered(REMEMBERED_TOKENS, REMEMBERED_CHARACTERS)
        self._refused: Remembered[Fault] = Remembered(REMEMBERED_TOKENS, REMEMBERED_CHARACTERS)
        self._keeper = TrustKeeper(TrustFolder(state), report, self._trust_changed, run)
        self._issuers = Issuers(Desk(state, around, report, self._renew, run))

    def start(self, issuers: Iterable[IssuerSection] = ()) -> None:
        """Read the keys and follow them from now on. Called in the event loop."""
        self._keeper.start(self._around.clock)
        self._issuers.replace(issuers)
        self._lets_strangers_in = not self.required and not len(self._issuers)

    def replace(self, issuers: Iterable[IssuerSection], *, required: bool) -> None:
        """Follow a new configuration. Called in the event loop."""
        self.required = required
        self._issuers.replace(issuers)
        self._lets_strangers_in = not required and not len(self._issuers)
        self._renew()

    def close(self) -> None:
        """Follow nothing any more."""
        self._keeper.close()
        self._issuers.close()

    def identify(self, headers: Headers, wall: float) -> Identity | Fault:
        """See `model.ports.Authenticator`. Never blocks."""
        token = presented_token(headers)
        if not isinstance(token, str):
            return token
        if self._lets_strangers_in and not token.startswith(PREFIX):
            return LOCAL
        kept = self._known.get(token)
        if kept is not None and kept.generation == self._generation and kept.starts_at <= wall < kept.ends_at:
            return kept.identity
        if not token:
            return MISSING_TOKEN if self.required else LOCAL
        refused = self._refused.get(token)
        if refused is not None:
            return refused
        found = self._own(token, wall, kept) if token.startswith(PREFIX) else self._foreign(token, wall)
        if isinstance(found, Fault) and found.code == FORGED and found is not FOREIGN_TOKEN:
            self._refused.put(token, found)
        return found

    def offer(self, bundle_text: str) -> str | None:
        """Take a trust bundle that came from elsewhere, if it is newer and genuine; a text says why it was not taken.
        It may come from anybody: it proves itself."""
        return self._keeper.offer(bundle_text)

    def bundle(self) -> str | None:
        """The text of the trust bundle that is gone by; `None` without one."""
        return self._keeper.trust.text if self._keeper.trust is not None else None

    def status(self) -> AuthStatus:
        """How things stand."""
        trust = self._keeper.trust
        bundle = trust.bundle if trust is not None else None
        return AuthStatus(
            self.required,
            bundle.serial if bundle else 0,
            len(bundle.keys) if bundle else 0,
            len(bundle.revoked) + len(bundle.revoked_tenants) if bundle else 0,
            self._keeper.trouble,
            self._issuers.status(),
        )

    def _own(self, token: str, wall: float, kept: _Kept | None) -> Identity | Fault:
        trust = self._keeper.trust
        if trust is None:
            return NO_BUNDLE
        # A key's id is a digest of the key, so what it has signed once it has signed for ever.
        known = kept.genuine if kept is not None else None
        genuine = known if known is not None else read_token(token, trust, wall)
        if isinstance(genuine, Fault):
            return genuine
        refused = verdict(genuine, trust, wall)
        claims = genuine.claims
        ends_at = min(claims.ends_at, trust.retires_at(genuine.key)) if refused is None else -inf
        self._known.put(token, _Kept(genuine.identity, claims.starts_at, ends_at, self._generation, genuine))
        return refused or genuine.identity

    def _foreign(self, token: str, wall: float) -> Identity | Fault:
        unverified = peek(token) if len(self._issuers) else None
        rules = self._issuers.rules(unverified.issuer) if unverified is not None else ()
        if unverified is None or not rules:
            return FOREIGN_TOKEN if self.required else LOCAL
        found = read_foreign(unverified, rules, self._issuers.keys(unverified.issuer), wall)
        if isinstance(found, Foreigner):
            self._known.put(token, _Kept(found.identity, found.starts_at, found.ends_at, self._generation, None))
            return found.identity
        if found is UNKNOWN_KEY:
            self._issuers.missed(unverified.issuer)
        return found

    def _trust_changed(self, trust: Trust) -> None:
        self._renew()
        if self.on_change is not None:
            self.on_change(trust.serial, trust.text)

    def _renew(self) -> None:
        """Look again at every token before it is let in."""
        self._generation += 1
        self._refused.clear()
