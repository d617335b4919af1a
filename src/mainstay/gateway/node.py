"""Names of gateways and of their processes, for whoever must tell them apart: chains, meters, news."""

import os
import re
import tempfile
from pathlib import Path
from typing import Final

from mainstay.gateway.whole_file import FOLDER_MODE
from mainstay.ledger.durable import sync_folder

GATEWAY_ID_FILE: Final = Path("run", "gateway-id")
_BYTES: Final = 8
_FORM: Final = re.compile(r"[0-9a-f]{16}")


def read_or_make_gateway_id(state: Path) -> str:
    """The id of the gateway with this state folder: 16 hexadecimal digits, made where there is none. Of several
    processes that make it at once, all get the same.

    Raises `OSError`, also for a file that holds no id: a new one would make another gateway of this.
    """
    path = state / GATEWAY_ID_FILE
    try:
        return _read(path)
    except FileNotFoundError:
        return _make(path)


def gateway_id_or_any(state: Path) -> tuple[str, str]:
    """As `read_or_make_gateway_id`; where the disk is in trouble an id that is lost when this process ends, and what
    the trouble is (else an empty text)."""
    try:
        return read_or_make_gateway_id(state), ""
    except OSError as error:
        trouble = f"{state / GATEWAY_ID_FILE}: {error.strerror or error}; this process goes by a name of its own"
        return os.urandom(_BYTES).hex(), trouble


def node_name(gateway_id: str, worker: int) -> str:
    """What one process of a gateway is called everywhere."""
    return f"{gateway_id}/{worker}"


def _read(path: Path) -> str:
    with path.open("rb") as file:
        text = file.read(100).decode("ascii", "replace").strip()
    if not _FORM.fullmatch(text):
        raise OSError("not a gateway id; restore the file, or remove it to begin with a new one")
    return text


def _make(path: Path) -> str:
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{os.urandom(_BYTES).hex()}\n")
            file.flush()
            os.fsync(descriptor)
        try:
            # A link is refused where somebody else was faster; a rename would take his place.
            path.hardlink_to(fresh)
        except FileExistsError:
            return _read(path)
    finally:
        Path(fresh).unlink(missing_ok=True)
    sync_folder(path.parent)
    return _read(path)
