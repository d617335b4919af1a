"""The doctor at work: real client, living tokens, real time. Takes no lock, and writes nothing but what it reports."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from mainstay.config.snapshot import Snapshot
from mainstay.gateway.alarms import Alarms
from mainstay.gateway.clocks import Clocks
from mainstay.gateway.doctor.examination import Examined, examine
from mainstay.gateway.doctor.findings import Proof
from mainstay.gateway.doctor.load import Loads, read_loads
from mainstay.gateway.doctor.rounds import Patient, Wanted, menus_of, rounds
from mainstay.gateway.doctor.trial import Room
from mainstay.gateway.doctor.verdict import ModelReport, Report, model_report
from mainstay.gateway.equipment import UnusableProxyError
from mainstay.gateway.http.client import UpstreamClient
from mainstay.gateway.identity import SeededDice, id_maker
from mainstay.gateway.tokens.client import IdentityClient
from mainstay.gateway.tokens.keeper import TokenKeeper, read_text_file
from mainstay.gateway.tokens.renewer import NOT_ASKED, Surroundings
from mainstay.gateway.tokens.store import TokenStore
from mainstay.model.records import ProofRecord, Record
from mainstay.wire.crossing.passages import Speech

GLANCE_SECONDS: Final = 0.05
"""How often is looked whether identity services have answered."""


class UnusableWishError(ValueError):
    """What the doctor is asked to look at does not exist."""


async def consult(snapshot: Snapshot, speech: Speech, wanted: Wanted) -> Report:
    """See to every candidate. Raises `UnusableWishError` or `UnusableProxyError`."""
    menus = menus_of(snapshot, wanted)
    if isinstance(menus, str):
        raise UnusableWishError(menus)
    wall = time.time()
    loads = await asyncio.to_thread(read_loads, snapshot.state, wall)
    heard = {model: load.dialects for model, load in loads.by_model.items()}
    examined = await _examined(snapshot.state, speech, rounds(menus, heard, wanted), wanted.seconds)
    by_key = {one.patient.subject.key: one for one in examined}
    models = tuple(model_report(model, its, by_key, loads.by_model.get(model)) for model, its in menus.items())
    return Report(wall, all(one.is_well for one in models), models, tuple(_warnings(snapshot, models, loads)))


def proof_records(report: Report, next_id: Callable[[], str]) -> list[Record]:
    """What was proven, once for each candidate and credential that was asked."""
    proofs: dict[tuple[str, str, str], Proof] = {}
    for model in report.models:
        for proof in model.proofs:
            if proof.dialect:
                proofs.setdefault(proof.key, proof)
    return [
        ProofRecord(
            next_id(),
            report.at,
            *proof.key,
            proof.outcome,
            tuple(f"{one.name} {one.outcome}: {one.words}" for one in proof.checks),
        )
        for proof in proofs.values()
    ]


def _warnings(snapshot: Snapshot, models: Sequence[ModelReport], loads: Loads) -> list[str]:
    found = [f"{model.model}: {one.words}" for model in models for one in model.workloads if one.survives is None]
    if loads.trouble:
        found.append(f"not all of the last hour is known: {loads.trouble}")
    if snapshot.is_simulated:
        found.append("simulated providers: this proves nothing about real ones")
    return list(dict.fromkeys(found))


async def _examined(state: Path, speech: Speech, patients: Sequence[Patient], seconds: float) -> tuple[Examined, ...]:
    loop = asyncio.get_running_loop()
    next_id = id_maker()
    try:
        client = UpstreamClient()
    except ValueError as error:
        raise UnusableProxyError(f"proxy settings of the environment: {error}") from error
    keeper = _keeper(client, state, loop, next_id)
    try:
        keeper.start({one.subject.candidate.upstream.name: one.subject.candidate.upstream for one in patients}.values())
        await _tokens_are_there(keeper, loop.time() + seconds)
        dead = {(one.upstream, one.credential): one.why for one in keeper.waiting()}
        room = Room(speech, client, keeper, Alarms(loop), Clocks(loop), next_id, seconds)
        return await examine(room, patients, lambda upstream, credential: dead.get((upstream, credential), ""))
    finally:
        await keeper.close()
        await client.close()


def _keeper(
    client: UpstreamClient, state: Path, loop: asyncio.AbstractEventLoop, next_id: Callable[[], str]
) -> TokenKeeper:
    """Uses the tokens that a gateway left on disk; those that it gets itself it keeps to itself."""
    around = Surroundings(IdentityClient(client), loop, time.time, SeededDice("doctor"), read_text_file)
    store = TokenStore(state / "tokens", _keep_quiet, run=_leave_the_disk_alone)
    return TokenKeeper(around, store, _NoJournal(), os.environ, report=_keep_quiet, next_id=next_id)


async def _tokens_are_there(keeper: TokenKeeper, until: float) -> None:
    """Wait until each identity service has answered, in whichever way."""
    loop = asyncio.get_running_loop()
    # The keeper tells nobody when a token comes.
    while loop.time() < until and any(  # noqa: ASYNC110
        one.why == NOT_ASKED.text for one in keeper.waiting()
    ):
        await asyncio.sleep(GLANCE_SECONDS)


class _NoJournal:
    """Renewals of the doctor's own tokens are no news."""

    def write(self, record: Record) -> None:
        """Forget it."""


def _keep_quiet(_line: str) -> None:
    """The check of the credential tells it."""


def _leave_the_disk_alone(_job: Callable[[], None]) -> None:
    """The folder is the gateway's."""
