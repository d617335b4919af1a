"""What `mainstay people` does, as records. The command writes them itself: the control plane need not run."""

import os
import pwd
import time
from pathlib import Path
from typing import Final

from mainstay.cli.state_folder import told
from mainstay.control.evidence import Deed, Evidence
from mainstay.gateway.identity import id_maker
from mainstay.ledger.retention import RetentionLimits
from mainstay.ledger.writing.committer import Committer
from mainstay.model.records import Record
from mainstay.wiring.control_journal import control_journal_file

VIA: Final = "command-line"


def write_down(state: Path, deed: Deed) -> None:
    """Write down what was done, on disk when this returns, in the first journal of control planes that no other process
    writes. Where that cannot be, say so: what was done stays done."""
    records: list[Record] = []
    done = Deed(deed.action, deed.person, user_name(), VIA, detail=deed.detail)
    Evidence(records.append, time.time, time.monotonic, id_maker()).access(done)
    # What the committer reports of the file's past is in its records too; of its troubles the last one counts.
    committer = Committer(control_journal_file(state), _keep_quiet, RetentionLimits(), time.time)
    committer.start()
    if not committer.commit(records):
        told(f"done, but it is not written down in the journal: {committer.trouble}")
    committer.close()


def user_name() -> str:
    """Who runs this command, as the operating system knows it."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"


def _keep_quiet(_line: str) -> None:
    """Nobody needs to hear it."""
