"""Which store a command is about."""

import os
from pathlib import Path

from msgspec import UNSET

from mainstay.config.load import load


class UnknownStoreError(Exception):
    """The configuration means a store and does not tell here which one. No other may stand in for it."""


def store_dsn(config: Path | None) -> str | None:
    """Where PostgreSQL is, if the configuration says so; `None` for the store in the state folder, which is also meant
    where there is no configuration. Raises `UnknownStoreError`."""
    if config is None:
        return None
    snapshot = load(config, os.environ, lenient=True).snapshot
    if snapshot is None:
        raise UnknownStoreError(f"{config} has mistakes (see `mainstay check -c {config}`), and may name a store")
    if snapshot.store is not None:
        return snapshot.store.value
    if snapshot.file.store is not UNSET:
        raise UnknownStoreError(f"{config}: the store is {snapshot.file.store}, which gives nothing here; set it")
    return None
