"""Probes with everything real: the client, dialects and engine that serve callers, as `mainstay doctor` uses them."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from msgspec import UNSET

from mainstay.config.snapshot import WILDCARD, Snapshot
from mainstay.gateway.alarms import Alarms
from mainstay.gateway.auth.issuer_asking import ask_for_keys
from mainstay.gateway.clocks import Clocks
from mainstay.gateway.doctor.question import OUTPUT_TOKENS, PATHS, Question
from mainstay.gateway.doctor.trial import Room, Seen, Subject, ask
from mainstay.gateway.http.client import UpstreamClient
from mainstay.gateway.identity import SeededDice, id_maker
from mainstay.gateway.tokens.client import IdentityClient
from mainstay.gateway.tokens.keeper import TokenKeeper, read_text_file
from mainstay.gateway.tokens.renewal import Outcome, Renewal
from mainstay.gateway.tokens.renewer import NOT_ASKED, Surroundings
from mainstay.gateway.tokens.source import Asking, Token
from mainstay.gateway.tokens.sources import source_for
from mainstay.gateway.tokens.store import TokenStore
from mainstay.model.catalogue import Candidate, Credential, Upstream
from mainstay.model.components import Component
from mainstay.model.fault import Blame, Fault, FaultKind
from mainstay.model.records import ProbeRecord, Record
from mainstay.wire.registry import SPEECH

PROBE_SECONDS: Final = 40.0
TOKEN_SECONDS: Final = 20.0
GLANCE_SECONDS: Final = 0.05
QUESTION_TOKENS: Final = 64
"""More than the question has, in every model's counting."""
CREDENTIALS_TRIED_MAX: Final = 3
TRANSLATED_FROM: Final = "openai-chat"
NOT_THE_PROVIDERS: Final = frozenset({FaultKind.AUTH, FaultKind.BILLING, FaultKind.THROTTLE})
"""Faults of one credential: another one may tell how the provider is."""


class _Result(msgspec.Struct, frozen=True):
    """What a probe showed."""

    outcome: str
    fault: str = ""
    blame: str = ""
    status: int = 0
    first_content_seconds: float | None = None


class RealProbes:
    """Implements `control.probes.port.Probes`."""

    def __init__(self, snapshot: Callable[[], Snapshot], client: UpstreamClient, next_id: Callable[[], str]) -> None:
        """`snapshot` gives the configuration of now. Made within the event loop."""
        loop = asyncio.get_running_loop()
        self._snapshot = snapshot
        self._client = client
        self._next_id = next_id
        self._clock = Clocks(loop)
        self._identity = IdentityClient(client)
        self._around = Surroundings(self._identity, loop, time.time, SeededDice("probes"), read_text_file)
        self._alarms = Alarms(loop)

    async def close(self) -> None:
        """Close what was opened here."""
        await self._identity.close()

    def objection(self, component: Component) -> str:
        """See `Probes`."""
        snapshot = self._snapshot()
        if not component.upstream:
            is_known = component == Component() and bool(snapshot.issuers)
            return "" if is_known else "only components of upstreams are probed, and the keys of issuers (gateway)"
        upstream = _upstream(snapshot, component.upstream)
        if upstream is None:
            return f"no upstream {component.upstream!r} in the configuration"
        if component.part == "login":
            return "" if any(_renewed(upstream)) else f"{upstream.name} has no login: its keys are sent as they are"
        if component.part == "admin" or _candidate(snapshot, component) is None:
            return _listing_objection(snapshot, upstream, component)
        return ""

    def cost_nanodollars(self, component: Component) -> int:
        """See `Probes`. An answer may use all the tokens that it may take."""
        candidate = _candidate(self._snapshot(), component) if component.part == "inference" else None
        if candidate is None or candidate.price is None:
            return 0
        return QUESTION_TOKENS * candidate.price.input + OUTPUT_TOKENS * candidate.price.output

    async def perform(self, component: Component, reason: str) -> ProbeRecord:
        """See `Probes`."""
        at, began = time.time(), self._clock.time()
        result = await self._result(component)
        return ProbeRecord(
            self._next_id(),
            at,
            component.name,
            result.outcome,
            seconds=round(self._clock.time() - began, 6),
            first_content_seconds=result.first_content_seconds,
            status=result.status,
            fault=result.fault,
            blame=result.blame,
            reason=reason,
            cost_nanodollars=self.cost_nanodollars(component) or None,
        )

    async def _result(self, component: Component) -> _Result:
        snapshot = self._snapshot()
        upstream = _upstream(snapshot, component.upstream)
        if upstream is None:
            return await self._keys_of_issuers(snapshot)
        if component.part == "login":
            return await self._login(upstream)
        candidate = _candidate(snapshot, component) if component.part == "inference" else None
        if candidate is None:
            listed = _any_candidate(snapshot, upstream.name)
            return _NOTHING if listed is None else await self._asked(listed, listing=True)
        return await self._asked(candidate, listing=False)

    async def _asked(self, candidate: Candidate, *, listing: bool) -> _Result:
        """Ask with one credential after the other, until one is not itself the trouble."""
        upstream = candidate.upstream
        dialect = upstream.dialect if upstream.dialect in PATHS else TRANSLATED_FROM
        if listing:
            candidate = msgspec.structs.replace(candidate, model=WILDCARD)
        question = Question(dialect, stream=not listing)
        keeper = self._keeper()
        try:
            keeper.start([upstream])
            await self._tokens_are_there(keeper)
            room = Room(SPEECH, self._client, keeper, self._alarms, self._clock, self._next_id, PROBE_SECONDS)
            result = _NOTHING
            for credential in (upstream.credentials or (None,))[:CREDENTIALS_TRIED_MAX]:
                seen = await ask(room, Subject(candidate, credential), question, listing=listing)
                result = _seen(seen)
                if seen.fault is None or seen.fault.kind not in NOT_THE_PROVIDERS:
                    break
            return result
        finally:
            await keeper.close()

    async def _login(self, upstream: Upstream) -> _Result:
        """Get a token, as the gateway does, for the first credential that is exchanged for tokens."""
        credential = next(_renewed(upstream), None)
        if credential is None:
            return _NOTHING
        source = source_for(upstream.platform, credential.key, os.environ)
        if isinstance(source, str):
            return _Result("no-sample", FaultKind.INTERNAL.value, Blame.US.value)
        return await self._outcome(source.ask(time.time(), read_text_file), upstream.name)

    async def _keys_of_issuers(self, snapshot: Snapshot) -> _Result:
        """Get the keys of every issuer of callers' tokens. One that is silent is nobody's fault: kept keys go on."""
        result = _Result("served")
        for issuer in snapshot.issuers:
            url = "" if issuer.keys_url is UNSET else issuer.keys_url
            found = await self._outcome(ask_for_keys(issuer.issuer, url), issuer.issuer)
            if found.outcome != "served":
                result = msgspec.structs.replace(found, blame=Blame.NOBODY.value)
        return result

    async def _outcome(self, asking: Asking, name: str) -> _Result:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def done(outcome: Outcome) -> None:
            if not ended.done():
                ended.set_result(outcome)

        renewal = Renewal(asking, name, self._identity, self._around.clock, done)
        renewal.start()
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                outcome = await ended
        except TimeoutError:
            return _Result("failed", FaultKind.STALL.value, Blame.PROVIDER.value)
        finally:
            renewal.cancel()
        if isinstance(outcome, Token):
            return _Result("served")
        return _Result("failed", FaultKind.AUTH.value, Blame.PROVIDER.value)

    def _keeper(self) -> TokenKeeper:
        """Uses the tokens that a gateway left on disk; those that it gets itself it keeps to itself."""
        store = TokenStore(self._snapshot().state / "tokens", _keep_quiet, run=_leave_the_disk_alone)
        return TokenKeeper(self._around, store, _NoJournal(), os.environ, report=_keep_quiet, next_id=self._next_id)

    async def _tokens_are_there(self, keeper: TokenKeeper) -> None:
        until = self._clock.time() + TOKEN_SECONDS
        # The keeper tells nobody when a token comes.
        while self._clock.time() < until and any(  # noqa: ASYNC110
            one.why == NOT_ASKED.text for one in keeper.waiting()
        ):
            await asyncio.sleep(GLANCE_SECONDS)


@asynccontextmanager
async def open_probes(
    snapshot: Callable[[], Snapshot], next_id: Callable[[], str] | None = None
) -> AsyncIterator[RealProbes]:
    """Probes with a client of their own. Raises `ValueError` for proxy settings that cannot be used."""
    client = UpstreamClient()
    probes = RealProbes(snapshot, client, next_id or id_maker())
    try:
        yield probes
    finally:
        await probes.close()
        await client.close()


_NOTHING: Final = _Result("no-sample", FaultKind.NO_CANDIDATE.value, Blame.US.value)


def _seen(seen: Seen) -> _Result:
    fault = seen.fault
    if fault is None:
        if seen.problem:
            return _Result("failed", FaultKind.MALFORMED.value, Blame.PROVIDER.value)
        return _Result("served", first_content_seconds=seen.first_content_seconds)
    if fault.kind is FaultKind.DEADLINE:
        # Nobody cut this short but its silence.
        return _Result("failed", FaultKind.STALL.value, Blame.PROVIDER.value, fault.status)
    is_ours = fault.blame in {Blame.US, Blame.CALLER}
    return _Result("no-sample" if is_ours else "failed", fault.kind.value, _blame(fault), fault.status)


def _blame(fault: Fault) -> str:
    return Blame.US.value if fault.blame is Blame.CALLER else fault.blame.value


def _upstream(snapshot: Snapshot, name: str) -> Upstream | None:
    return next((one for one in snapshot.upstreams if one.name == name), None)


def _renewed(upstream: Upstream) -> Iterator[Credential]:
    return (one for one in upstream.credentials if one.renewed)


def _candidate(snapshot: Snapshot, component: Component) -> Candidate | None:
    """Who is asked: the model that the component names, else the cheapest of the upstream."""
    its = [one for one in _candidates(snapshot, component.upstream) if one.model != WILDCARD]
    if component.model:
        return next((one for one in its if one.model == component.model), None)
    return min(its, key=_price, default=None)


def _candidates(snapshot: Snapshot, upstream: str) -> Iterator[Candidate]:
    return (one for its in snapshot.models.values() for one in its if one.upstream.name == upstream)


def _any_candidate(snapshot: Snapshot, upstream: str) -> Candidate | None:
    return next(_candidates(snapshot, upstream), None)


def _price(candidate: Candidate) -> float:
    return float("inf") if candidate.price is None else candidate.price.output


def _listing_objection(snapshot: Snapshot, upstream: Upstream, component: Component) -> str:
    """Why an upstream cannot be asked for its models."""
    if component.model:
        return f"{upstream.name} serves no model {component.model!r} in the configuration"
    if upstream.dialect not in PATHS or _any_candidate(snapshot, upstream.name) is None:
        return f"{upstream.name} cannot be asked for a list of models"
    return ""


class _NoJournal:
    """Renewals of a probe's own tokens are no news."""

    def write(self, record: Record) -> None:
        """Forget it."""


def _keep_quiet(_line: str) -> None:
    """The probe's record tells it."""


def _leave_the_disk_alone(_job: Callable[[], None]) -> None:
    """The folder is the gateway's."""
