"""`mainstay cache`: what is kept of answers, and removing it. Works while the gateway runs and while it does not."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from mainstay.cli.audit_lines import shown
from mainstay.cli.state_folder import ConfigOption, StateOption, configuration, refusal, state_folder, told
from mainstay.config.load import load
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.cache.answer_file import FILE_NAME, AnswerFile, ModelTotals, Purge, read_models
from mainstay.gateway.cache.opening import cache_folder
from mainstay.gateway.cache.sealing import Sealing
from mainstay.gateway.cache.shared_shelf import SharedShelf
from mainstay.gateway.drafts.keys import key_from_secret
from mainstay.gateway.shared.address import UnusableSharedUrlError
from mainstay.gateway.shared.client import RedisShared
from mainstay.gateway.shared.port import SharedTroubleError

SHARED_SECONDS: Final = 5.0
"""A person waits longer than a request does."""

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

cache_app = typer.Typer(no_args_is_help=True, add_completion=False, help="Answers that may be given again.")


class Stats(msgspec.Struct, frozen=True):
    """What `mainstay cache stats --json` prints. Ages are in seconds."""

    entries: int
    bytes: int
    oldest_seconds: float | None
    models: tuple[ModelTotals, ...]


@cache_app.command()
def stats(config: ConfigOption = None, state: StateOption = None, *, as_json: JsonOption = False) -> None:
    """Tell how many answers this gateway keeps, by tenant and model. How often they are given again is told by its
    metrics (`mainstay_cached_answers_total`)."""
    folder = cache_folder(state_folder(configuration(config, state), state))
    try:
        rows = tuple(read_models(folder))
    except (OSError, sqlite3.Error) as error:
        raise refusal(f"{folder / FILE_NAME}: {error}") from error
    found = _stats(rows, time.time())
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
    else:
        _print(found, time.time())


@cache_app.command()
def purge(
    config: ConfigOption = None,
    state: StateOption = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All answers.")] = False,
    tenant: Annotated[str | None, typer.Option("--tenant", help="Answers to this tenant.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="Answers of this model, as callers name it.")] = None,
    older_than: Annotated[
        float | None, typer.Option("--older-than", min=0, help="Answers that are older than so many seconds.")
    ] = None,
) -> None:
    """Remove answers, also from the store that replicas share, where the configuration file names one. Those that fit
    all that is given are removed; a running gateway does not give them again."""
    if everything == (tenant is not None or model is not None or older_than is not None):
        raise refusal("say which answers: --all, or some of --tenant, --model and --older-than")
    config = configuration(config, state)
    folder = cache_folder(state_folder(config, state))
    wanted = Purge(tenant, model, None if older_than is None else time.time() - older_than)
    removed = _purge_file(folder, wanted)
    typer.echo(f"removed {removed} {'answer' if removed == 1 else 'answers'} from {folder / FILE_NAME}")
    snapshot = None if config is None else load(config, os.environ, lenient=True).snapshot
    if snapshot is not None:
        _purge_shared(snapshot, wanted)


def _purge_file(folder: Path, wanted: Purge) -> int:
    if not (folder / FILE_NAME).exists():
        return 0
    try:
        with closing(AnswerFile(folder, bytes_max=1)) as file:
            return file.purge(wanted)
    except (OSError, sqlite3.Error) as error:
        raise refusal(f"{folder / FILE_NAME}: {error}; nothing was removed") from error


def _purge_shared(snapshot: Snapshot, wanted: Purge) -> None:
    limits, address = snapshot.cache, snapshot.shared
    if limits is None or limits.key is None or address is None:
        return
    sealing = Sealing(key_from_secret(limits.key.value))
    try:
        removed = asyncio.run(_purged(address.value, sealing, wanted))
    except (SharedTroubleError, UnusableSharedUrlError) as error:
        raise refusal(f"shared: {error}; what replicas share was not removed") from error
    typer.echo(f"removed {removed} {'answer' if removed == 1 else 'answers'} from the shared store")


async def _purged(address: str, sealing: Sealing, wanted: Purge) -> int:
    shared = RedisShared(address, asyncio.get_running_loop(), told, call_seconds=SHARED_SECONDS)
    try:
        return await SharedShelf(shared, sealing).purge(wanted)
    finally:
        await shared.close()


def _stats(rows: Sequence[ModelTotals], now: float) -> Stats:
    oldest = min((row.oldest_at for row in rows), default=None)
    return Stats(
        sum(row.entries for row in rows),
        sum(row.bytes for row in rows),
        None if oldest is None else round(max(0.0, now - oldest), 3),
        tuple(rows),
    )


def _print(found: Stats, now: float) -> None:
    console = Console(soft_wrap=True, highlight=False)
    if not found.entries:
        console.print("no answers are kept")
        return
    table = Table("tenant", "model", "answers", "bytes", "oldest (seconds)", box=None)
    for row in found.models:
        age = f"{max(0.0, now - row.oldest_at):.0f}"
        table.add_row(shown(row.tenant), shown(row.model), str(row.entries), str(row.bytes), age)
    table.add_row("", "all", str(found.entries), str(found.bytes), f"{found.oldest_seconds or 0:.0f}")
    console.print(table)
