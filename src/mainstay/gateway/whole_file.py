"""Small files that are there whole or not at all, whatever dies meanwhile."""

import os
import tempfile
from pathlib import Path
from typing import Final

from mainstay.ledger.durable import sync_folder

FOLDER_MODE: Final = 0o700
UNFINISHED: Final = ".new-"
"""How the names of files begin that were left behind half written."""


def replace_file(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Write a file under its name in one step; its folder is made where it is missing. Only we may read it.

    `sync`: it survives a power failure, too. Raises `OSError`.
    """
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    # A temporary file is readable by its owner alone from the first moment.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if sync:
                os.fsync(descriptor)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if sync:
        sync_folder(path.parent)
