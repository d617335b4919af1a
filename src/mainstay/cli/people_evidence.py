"""What `mainstay people` does, as records. The command writes them itself: the control plane need not run."""

import os
import pwd
import time
from pathlib import Path
from typing import Final

from mainstay.cli.state_folder import told
from mainstay.control.evidence import Deed, Evidence
from mainstay.gateway.identity import id_maker
from mainstay.model.records import Record
from mainstay.wiring.control_journal import write_records

VIA: Final = "command-line"


def write_down(state: Path, deed: Deed) -> None:
    """Write down what was done, on disk when this returns, in the first journal of control planes that no other process
    writes. Where that cannot be, say so: what was done stays done."""
    records: list[Record] = []
    done = Deed(deed.action, deed.person, user_name(), VIA, detail=deed.detail)
    Evidence(records.append, time.time, time.monotonic, id_maker()).access(done)
    if trouble := write_records(state, records):
        told(f"done, but it is not written down in the journal: {trouble}")


def user_name() -> str:
    """Who runs this command, as the operating system knows it."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"
