"""The journal file of a control plane or of a command, and whose gateway its chain belongs to."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mainstay.gateway.node import read_or_make_gateway_id
from mainstay.ledger.control_journal import ControlJournalFile
from mainstay.ledger.retention import RetentionLimits
from mainstay.ledger.writing.committer import Committer
from mainstay.model.records import Record

OURS_ALONE: Final = 0o077


def control_journal_file(state: Path) -> ControlJournalFile:
    """The file, not opened yet. Where the gateway's id is not to be had, its chain names no gateway. Raises nothing."""
    try:
        gateway = read_or_make_gateway_id(state)
    except OSError:
        gateway = ""
    return ControlJournalFile(state, time.time, gateway=gateway)


def write_records(state: Path, records: Sequence[Record]) -> str:
    """Write what a command has done, on disk when this returns, in the first journal of control planes that no other
    process writes. Gives why that could not be, empty where it could. Raises nothing."""
    # What the committer reports of the file's past is in its records too; of its troubles the last one counts.
    committer = Committer(control_journal_file(state), _keep_quiet, RetentionLimits(), time.time)
    # Records tell who asked for what: they are for their owner alone, as those of the planes are.
    before = os.umask(OURS_ALONE)
    try:
        committer.start()
        is_written = committer.commit(list(records))
        trouble = "" if is_written else committer.trouble or "it could not be written"
        committer.close()
    finally:
        os.umask(before)
    return trouble


def _keep_quiet(_line: str) -> None:
    """Nobody needs to hear it."""
