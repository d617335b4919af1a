"""The journal file of a control plane or of a command, and whose gateway its chain belongs to."""

import time
from pathlib import Path

from mainstay.gateway.node import read_or_make_gateway_id
from mainstay.ledger.control_journal import ControlJournalFile


def control_journal_file(state: Path) -> ControlJournalFile:
    """The file, not opened yet. Where the gateway's id is not to be had, its chain names no gateway. Raises nothing."""
    try:
        gateway = read_or_make_gateway_id(state)
    except OSError:
        gateway = ""
    return ControlJournalFile(state, time.time, gateway=gateway)
