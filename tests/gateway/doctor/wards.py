"""Shared by the doctor's tests: candidates, answers that never came over a wire, and a room with a real client."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mainstay.engine.keys import StaticKeys
from mainstay.gateway.alarms import Alarms
from mainstay.gateway.clocks import Clocks
from mainstay.gateway.doctor.examination import Examined
from mainstay.gateway.doctor.findings import Check
from mainstay.gateway.doctor.load import Load
from mainstay.gateway.doctor.question import Question
from mainstay.gateway.doctor.rounds import Patient
from mainstay.gateway.doctor.trial import Room, Seen, Subject
from mainstay.gateway.http.client import UpstreamClient
from mainstay.gateway.http.proxies import Proxies
from mainstay.gateway.identity import id_maker
from mainstay.model.catalogue import UNLIMITED, Candidate, Credential, Limits, Menu, Price, Skipped, Upstream, Workload
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.wire.registry import SPEECH

KEY = "key-of-the-doctor"
MAIN = Credential("main", KEY)
PLAIN = Question("anthropic")
STREAMED = Question("anthropic", stream=True)


def candidate(  # noqa: PLR0913 - each test names what it is about
    upstream: str = "alpha",
    dialect: str = "anthropic",
    model: str = "claude",
    *,
    url: str = "http://alpha",
    credentials: tuple[Credential, ...] = (MAIN,),
    limits: Limits = UNLIMITED,
    price: Price | None = None,
    passes_through: bool = False,
) -> Candidate:
    place = Upstream(upstream, dialect, url, credentials, limits=limits)
    return Candidate(place, model, price=price, passes_through=passes_through)


def subject(one: Candidate | None = None) -> Subject:
    one = one or candidate()
    return Subject(one, one.upstream.credentials[0] if one.upstream.credentials else None)


def seen(fault: Fault | None = None, question: Question = PLAIN, *, problem: str = "") -> Seen:
    return Seen(question, fault, problem, first_content_seconds=None if fault else 0.25)


def fault(kind: FaultKind, message: str = "why", status: int = 0, code: str = "") -> Fault:
    return Fault(kind, message, status=status, code=code)


def menu(*candidates: Candidate, workload: str | Workload = "default", skipped: tuple[Skipped, ...] = ()) -> Menu:
    work = Workload(workload) if isinstance(workload, str) else workload
    return Menu("claude", work, candidates, skipped)


def load(*, requests: int = 60, tokens: int = 1_000, usage: Usage | None = None, seconds: float = 3_600.0) -> Load:
    usage = usage or Usage(1_000_000, 100_000)
    return Load(seconds, 600, usage, requests, tokens, tokens // 10, ("anthropic",))


def examined(one: Candidate, *checks: Check, losses: tuple[str, ...] = (), why: Fault | None = None) -> Examined:
    """What an examination came to; without checks: that all is well."""
    patient = Patient(subject(one), (PLAIN,))
    return Examined(patient, checks or (Check("answers", "ok", "plain"),), why, None, losses, 0.25)


@asynccontextmanager
async def room(seconds: float = 10.0) -> AsyncIterator[Room]:
    """With a real client, until the block ends."""
    loop = asyncio.get_running_loop()
    client = UpstreamClient(proxies=Proxies({}))
    try:
        yield Room(SPEECH, client, StaticKeys(), Alarms(loop), Clocks(loop), id_maker(time.time), seconds)
    finally:
        await client.close()
