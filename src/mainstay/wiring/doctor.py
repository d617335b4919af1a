"""The doctor with everything real: what is spoken, and where its proofs are written down."""

import asyncio

from mainstay.config.snapshot import Snapshot
from mainstay.gateway.doctor.practice import consult, proof_records
from mainstay.gateway.doctor.rounds import Wanted
from mainstay.gateway.doctor.verdict import Report
from mainstay.gateway.identity import id_maker
from mainstay.wire.registry import SPEECH
from mainstay.wiring.control_journal import write_records


def run_doctor(snapshot: Snapshot, wanted: Wanted) -> Report:
    """Examine every wanted candidate. Raises what `gateway.doctor.practice.consult` raises, and `KeyboardInterrupt`."""
    return asyncio.run(consult(snapshot, SPEECH, wanted))


def write_proofs(snapshot: Snapshot, report: Report) -> str:
    """Write down what was proven. Gives why that could not be, empty where it could."""
    records = proof_records(report, id_maker())
    return write_records(snapshot.state, records) if records else ""
