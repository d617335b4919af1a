"""`mainstay doctor`: proves now that each standby would work, by small real requests."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console

from mainstay.cli.check import print_findings
from mainstay.cli.doctor_lines import print_report
from mainstay.cli.loading import Config, keep_private, source_of
from mainstay.cli.state_folder import told
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.doctor.practice import UnusableWishError
from mainstay.gateway.doctor.rounds import Wanted
from mainstay.gateway.equipment import UnusableProxyError
from mainstay.wiring.doctor import run_doctor, write_proofs
from mainstay.wiring.source import Source

FAILED: Final = 1
BAD_USAGE: Final = 2
INTERRUPTED: Final = 130
SECONDS_DEFAULT: Final = 30.0
SECONDS_MIN: Final = 0.1
SECONDS_MAX: Final = 600.0


def doctor(
    config: Config = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", "-m", help="Only this model; may be repeated. Default: all.")
    ] = None,
    workload: Annotated[
        list[str] | None, typer.Option("--workload", "-w", help="Only this workload; may be repeated. Default: all.")
    ] = None,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Every caller dialect, plain and streamed, with a tool: costs more.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    seconds: Annotated[
        float, typer.Option("--seconds", min=SECONDS_MIN, max=SECONDS_MAX, help="How long each request may take.")
    ] = SECONDS_DEFAULT,
) -> None:
    """Prove now that each standby would work, by small real requests to every candidate, which cost a little.

    The exit code is 0 when nothing failed and every model that has a standby survives its first choice, 1 when
    something failed, and 2 when nothing could be examined.
    """
    keep_private()
    snapshot = _snapshot(source_of(config, ""), as_json=as_json)
    wanted = Wanted(tuple(model or ()), tuple(workload or ()), thorough, seconds)
    try:
        with nullcontext() if as_json else Console(stderr=True).status("asking every candidate"):
            report = run_doctor(snapshot, wanted)
    except (UnusableWishError, UnusableProxyError) as error:
        told(str(error))
        raise typer.Exit(BAD_USAGE) from None
    except KeyboardInterrupt:
        told("stopped; nothing was written down")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        typer.echo(msgspec.json.encode(report).decode())
    else:
        print_report(Console(soft_wrap=True, highlight=False), report)
    if trouble := write_proofs(snapshot, report):
        told(f"warning: what was proven is not written down in the journal: {trouble}")
    if not report.ok:
        raise typer.Exit(FAILED)


def _snapshot(source: Source, *, as_json: bool) -> Snapshot:
    loaded = source.load()
    if loaded.snapshot is not None:
        if not as_json:
            print_findings(Console(stderr=True, soft_wrap=True, highlight=False), _place(source), loaded)
        return loaded.snapshot
    if source.path is None and len(loaded.mistakes) == 1 and not loaded.mistakes[0].path:
        told(loaded.mistakes[0].message)
    else:
        print_findings(Console(stderr=True, soft_wrap=True, highlight=False), _place(source), loaded)
    raise typer.Exit(BAD_USAGE)


def _place(source: Source) -> Path:
    return source.path or Path(source.name)
