"""`mainstay route pin, prefer, shift, drain, forbid, mode, orders, change, undo`: orders, which need no control plane.

What gives one shows first what it would do. An order lies in the state folder; its gateway follows it at once and tells
others. `--to` tells gateways that nobody else tells.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from mainstay.cli.audit_lines import instant, shown
from mainstay.cli.duration import seconds_of
from mainstay.cli.order_desk import CommandDesk, desk_of, push_order, signing_key
from mainstay.cli.order_lines import order_lines
from mainstay.cli.people_evidence import VIA, user_name
from mainstay.cli.state_folder import ConfigOption, StateOption, refusal, told
from mainstay.control.orders.refusal import Refusal
from mainstay.model.orders import SAFE_MODES, Draft, Order, OrderKind, Scope

MODES: Final = tuple(kind.value for kind in OrderKind if kind in SAFE_MODES)

UpstreamArgument = Annotated[
    str, typer.Argument(help="Name of the upstream; UPSTREAM/MODEL for one of its models alone, as it calls that.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a few words. Others will read it.")]
Lasting = Annotated[str, typer.Option("--for", help="How long: 30m, 2h, 1d; at most 7d.")]
Models = Annotated[list[str] | None, typer.Option("--model", help="Only for this model, as callers name it; again.")]
Workloads = Annotated[list[str] | None, typer.Option("--workload", help="Only for this workload; may be repeated.")]
Tenants = Annotated[list[str] | None, typer.Option("--tenant", help="Only for this tenant; may be repeated.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what it would do, and do nothing.")]
Force = Annotated[bool, typer.Option("--force", help="Also where it leaves a model with nobody.")]
To = Annotated[
    list[str] | None, typer.Option("--to", help="Address of a gateway to tell at once, by signature; may be repeated.")
]
CredentialOption = Annotated[str, typer.Option("--credential", help="Only this credential of the upstream.")]


Command = Callable[..., None]


class Manner(msgspec.Struct, frozen=True):
    """How a command is to be carried out."""

    config: Path | None
    state: Path | None
    yes: bool
    dry_run: bool
    force: bool
    to: list[str]


def towards(kind: OrderKind, words: str) -> Command:
    """A command that brings work to an upstream; `words` are its help."""

    def command(  # noqa: PLR0913 - one parameter for each option
        upstream: UpstreamArgument,
        reason: Reason,
        *,
        lasting: Lasting = "4h",
        model: Models = None,
        workload: Workloads = None,
        tenant: Tenants = None,
        yes: Yes = False,
        dry_run: DryRun = False,
        force: Force = False,
        to: To = None,
        config: ConfigOption = None,
        state: StateOption = None,
    ) -> None:
        draft = _draft(kind, upstream, reason, lasting, _scope(model, workload, tenant))
        _give(draft, Manner(config, state, yes, dry_run, force, to or []))

    command.__doc__ = words
    return command


def away(kind: OrderKind, words: str) -> Command:
    """A command that takes work away from an upstream; `words` are its help."""

    def command(  # noqa: PLR0913 - one parameter for each option
        upstream: UpstreamArgument,
        reason: Reason,
        *,
        lasting: Lasting = "4h",
        model: Models = None,
        workload: Workloads = None,
        tenant: Tenants = None,
        credential: CredentialOption = "",
        yes: Yes = False,
        dry_run: DryRun = False,
        force: Force = False,
        to: To = None,
        config: ConfigOption = None,
        state: StateOption = None,
    ) -> None:
        draft = _draft(kind, upstream, reason, lasting, _scope(model, workload, tenant))
        draft = msgspec.structs.replace(draft, credential=credential)
        _give(draft, Manner(config, state, yes, dry_run, force, to or []))

    command.__doc__ = words
    return command


def shift(  # noqa: PLR0913 - one parameter for each option
    upstream: UpstreamArgument,
    percent: Annotated[float, typer.Option("--percent", min=0.1, max=100, help="Which share of sessions.")],
    reason: Reason,
    *,
    ramp: Annotated[str, typer.Option("--ramp", help="Within which time the share grows: 10m, 1h.")] = "0s",
    lasting: Lasting = "4h",
    model: Models = None,
    workload: Workloads = None,
    tenant: Tenants = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    force: Force = False,
    to: To = None,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """A share of sessions tries this upstream first. A session keeps its side while the share grows."""
    draft = _draft(OrderKind.SHIFT, upstream, reason, lasting, _scope(model, workload, tenant))
    draft = msgspec.structs.replace(draft, percent=percent, ramp_seconds=_seconds("--ramp", ramp))
    _give(draft, Manner(config, state, yes, dry_run, force, to or []))


def mode(  # noqa: PLR0913 - one parameter for each option
    name: Annotated[str, typer.Argument(metavar="MODE", help=f"One of: {', '.join(MODES)}.")],
    reason: Reason,
    *,
    lasting: Lasting = "4h",
    model: Models = None,
    workload: Workloads = None,
    tenant: Tenants = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    force: Force = False,
    to: To = None,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """A safe mode: critical-only, cache-first, no-substitutes or read-only."""
    if name not in MODES:
        raise refusal(f"{name!r} is no safe mode; there are: {', '.join(MODES)}")
    draft = _draft(OrderKind(name), "", reason, lasting, _scope(model, workload, tenant))
    _give(draft, Manner(config, state, yes, dry_run, force, to or []))


def orders(
    config: ConfigOption = None,
    state: StateOption = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over, until a day later.")] = False,
) -> None:
    """Show the orders in force."""
    desk = desk_of(config, state).desk
    try:
        found = desk.recent() if everything else desk.in_force()
    except OSError as error:
        raise refusal(f"{error.filename}: {error.strerror}") from error
    if not found:
        told("no order is in force" if not everything else "there are no orders")
    console = Console(soft_wrap=True, highlight=False)
    for line in order_lines(found, time.time()):
        console.print(Text(line))


def change(  # noqa: PLR0913 - one parameter for each option
    identity: Annotated[str, typer.Argument(metavar="ID", help="The order, such as ORD-7K2QMDAB.")],
    *,
    percent: Annotated[float | None, typer.Option("--percent", min=0.1, max=100, help="Another share.")] = None,
    lasting: Annotated[str | None, typer.Option("--for", help="Another expiry, so long from now.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why it is changed.")] = "",
    to: To = None,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Give an order in force another share or another expiry."""
    if percent is None and lasting is None:
        raise refusal("say what is to change: --percent or --for")
    work = desk_of(config, state)
    key = signing_key(work.state) if to else None
    seconds = None if lasting is None else _seconds("--for", lasting)
    found = work.desk.change(identity.upper(), user_name(), reason, percent=percent, lasts_seconds=seconds)
    changed = _done(work, found)
    told(f"{changed.id} ({changed.target}) holds until {instant(changed.expires_at)}")
    if key is not None:
        push_order(changed, key, to or [])


def undo(
    identity: Annotated[str, typer.Argument(metavar="ID", help="The order, such as ORD-7K2QMDAB.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it ends.")] = "",
    to: To = None,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """End an order: everything goes on as it did without it."""
    work = desk_of(config, state)
    key = signing_key(work.state) if to else None
    ended = _done(work, work.desk.end(identity.upper(), user_name(), reason))
    told(f"{ended.id} ({ended.target}) has ended")
    if key is not None:
        push_order(ended, key, to or [])


def add_orders(app: typer.Typer) -> None:
    """Make these commands of an application."""
    commands: dict[str, Callable[..., None]] = {
        "pin": towards(OrderKind.PIN, "Only this upstream serves, where policy lets it."),
        "prefer": towards(OrderKind.PREFER, "This upstream is tried first."),
        "shift": shift,
        "drain": away(OrderKind.DRAIN, "Nothing new goes to this upstream while anybody else may serve."),
        "forbid": away(OrderKind.FORBID, "Nothing goes to this upstream, whatever happens."),
        "mode": mode,
        "orders": orders,
        "change": change,
        "undo": undo,
    }
    for name, command in commands.items():
        app.command(name)(command)


def _draft(kind: OrderKind, place: str, reason: str, lasting: str, scope: Scope) -> Draft:
    upstream, _, model = place.partition("/")
    return Draft(
        kind,
        user_name(),
        reason.strip(),
        upstream,
        model=model,
        scope=scope,
        lasts_seconds=_seconds("--for", lasting),
        via=VIA,
    )


def _scope(models: list[str] | None, workloads: list[str] | None, tenants: list[str] | None) -> Scope:
    return Scope(*(tuple(sorted(set(names or ()))) for names in (models, workloads, tenants)))


def _seconds(option: str, text: str) -> float:
    seconds = seconds_of(text)
    if seconds is None:
        raise refusal(f"{option} {text!r}: write a time such as 90s, 30m, 2h or 1d")
    return seconds


def _give(draft: Draft, manner: Manner) -> None:
    work = desk_of(manner.config, manner.state)
    key = signing_key(work.state) if manner.to else None
    preview = work.desk.preview(draft)
    console = Console(soft_wrap=True, highlight=False)
    for line in preview.lines:
        console.print(Text(shown(line)))
    if preview.refusal is not None and not (manner.force and preview.refusal.force_helps):
        raise typer.Exit(1)
    if manner.dry_run:
        return
    if not manner.yes and not _is_confirmed(preview.order):
        raise refusal("nothing was done")
    given = _done(work, work.desk.give(draft, force=manner.force))
    told(f"{given.id} ({given.target}) is in force until {instant(given.expires_at)}")
    told(f"`mainstay route undo {given.id}` ends it")
    if key is not None:
        push_order(given, key, manner.to)


def _is_confirmed(order: Order) -> bool:
    if not _is_a_person():
        raise refusal("nobody is here to be asked: add --yes to give it, or --dry-run to see what it would do")
    return typer.confirm(f"{order.target}?", err=True)


def _is_a_person() -> bool:
    return sys.stdin.isatty()


def _done(work: CommandDesk, found: Order | Refusal) -> Order:
    work.write_down()
    if isinstance(found, Refusal):
        raise refusal(found.text)
    return found
