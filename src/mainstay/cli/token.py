"""`mainstay token`: tokens for machines, the keys that sign them, and who is trusted. Needs the state folder alone."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import typer
from rich.console import Console

from mainstay.cli.audit_lines import instant, shown
from mainstay.cli.state_folder import ConfigOption, StateOption, refusal, state_folder, told
from mainstay.cli.token_lines import allowance_text, claim_lines, key_lines, verdict_line
from mainstay.cli.trust_push import push
from mainstay.gateway.auth.registrar import NAME, Registrar, RegistrarError, Wish
from mainstay.gateway.auth.trust_folder import TrustFolder
from mainstay.model.fault import Fault
from mainstay.wire.trust.bundle import Trust
from mainstay.wire.trust.claims import PER_MINUTE_MAX, AllowanceClaim
from mainstay.wire.trust.token import CHARACTERS_MAX, read_token, verdict

DAYS_DEFAULT: Final = 30
DAYS_MAX: Final = 400
NAME_RULE: Final = "a name has 1 to 64 letters, digits, '.', '_' or '-', a letter or digit first"
STANDARD_INPUT: Final = "-"

ToOption = Annotated[
    list[str] | None, typer.Option("--to", help="Address of a gateway to tell at once; may be repeated.")
]

token_app = typer.Typer(no_args_is_help=True, add_completion=False, help="Make and take back tokens for machines.")
keys_app = typer.Typer(no_args_is_help=True, help="The keys that sign tokens.")
trust_app = typer.Typer(no_args_is_help=True, help="The signed list of keys and revocations that gateways go by.")
token_app.add_typer(keys_app, name="keys")
token_app.add_typer(trust_app, name="trust")


@token_app.command()
def mint(  # noqa: PLR0913 - one parameter for each option
    tenant: Annotated[str, typer.Option("--tenant", help="Whose work the bearer's requests are.")],
    name: Annotated[str, typer.Option("--name", help="Who the bearer is.")],
    *,
    workload: Annotated[str | None, typer.Option("--workload", help="Bind the token to this workload.")] = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", help="Model that may be used, or pattern with *; may be repeated.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=DAYS_MAX, help="Lifetime.")] = DAYS_DEFAULT,
    requests_per_minute: Annotated[int | None, typer.Option("--requests-per-minute", min=1, max=PER_MINUTE_MAX)] = None,
    input_tokens_per_minute: Annotated[
        int | None,
        typer.Option("--input-tokens-per-minute", min=1, max=PER_MINUTE_MAX, help="Those from a cache are free."),
    ] = None,
    output_tokens_per_minute: Annotated[
        int | None, typer.Option("--output-tokens-per-minute", min=1, max=PER_MINUTE_MAX)
    ] = None,
    usd_per_day: Annotated[float | None, typer.Option("--usd-per-day", min=0)] = None,
    usd_per_month: Annotated[float | None, typer.Option("--usd-per-month", min=0)] = None,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Make a token. It is printed once, alone on standard output, and kept nowhere."""
    for option, given in (("--tenant", tenant), ("--name", name), ("--workload", workload)):
        if given is not None and not NAME.fullmatch(given):
            raise refusal(f"{option} {given!r}: {NAME_RULE}")
    if 0 in {usd_per_day, usd_per_month}:
        raise refusal("an allowance of US dollars is above 0; to take everything back, use `mainstay token revoke`")
    bounds = (
        requests_per_minute,
        usd_per_day,
        usd_per_month,
        input_tokens_per_minute,
        output_tokens_per_minute,
    )
    allowance = AllowanceClaim(*bounds) if any(bound is not None for bound in bounds) else None
    with refusing():
        token, claims = _registrar(TrustFolder(state_folder(config, state))).mint(
            Wish(tenant, name, days, workload, tuple(model or ()), allowance)
        )
    for line in claim_lines(claims):
        told(line)
    told("Keep the token safe: it is shown this once.")
    sys.stdout.write(f"{token}\n")


@token_app.command()
def inspect(
    token: Annotated[str, typer.Argument(help="The token; - reads it from standard input.")],
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Show what a token says and whether it is accepted now; exit code 1 where it is not. Needs no network."""
    folder = TrustFolder(state_folder(config, state))
    wall = time.time()
    with refusing():
        trust = _registrar(folder).trust()
    found = read_token(_read(token), trust, wall)
    fault = found if isinstance(found, Fault) else verdict(found, trust, wall)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    if not isinstance(found, Fault):
        for line in claim_lines(found.claims):
            console.print(line)
        console.print(f"key        {found.key}")
    console.print(verdict_line(fault))
    if fault is not None:
        raise typer.Exit(1)


@token_app.command()
def revoke(
    token: Annotated[str | None, typer.Argument(help="The token or its id (tok_...); - reads it from input.")] = None,
    tenant: Annotated[str | None, typer.Option("--tenant", help="Revoke all tokens that this tenant has now.")] = None,
    to: ToOption = None,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Take back a token, or all that a tenant has. Gateways on this state folder learn of it within a second."""
    if (token is None) == (tenant is None):
        raise refusal("name a token or its id, or else a tenant with --tenant")
    registrar = _registrar(TrustFolder(state_folder(config, state)))
    with refusing():
        trust = registrar.revoke_tenant(tenant) if tenant is not None else registrar.revoke_token(_read(token or ""))
    told(f"revoked; the trust bundle has the serial number {trust.serial}")
    _push(trust, to)


@token_app.command("list")
def list_(config: ConfigOption = None, state: StateOption = None) -> None:
    """Show the tokens that were made here and have not expired, oldest first."""
    registrar = _registrar(TrustFolder(state_folder(config, state)))
    with refusing():
        trust, notes = registrar.trust(), registrar.minted()
    console = Console(soft_wrap=True, highlight=False, markup=False)
    if not notes:
        told("no token that was made here is still good; `mainstay token mint` makes one")
    for note in notes:
        mark = "  revoked" if trust.is_taken_back(note.id, note.tenant, note.iat) else ""
        bounds = f"  {allowance_text(note.allowance)}" if note.allowance is not None else ""
        console.print(shown(f"{note.id}  {note.tenant}/{note.name}  expires {instant(note.exp)}{bounds}{mark}"))


@keys_app.command()
def rotate(
    retire_now: Annotated[
        bool, typer.Option("--retire-now", help="Trust no older key any more: every token that exists ends now.")
    ] = False,
    to: ToOption = None,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Sign with a new key. Tokens that exist stay good until they expire, unless --retire-now."""
    with refusing():
        trust = _registrar(TrustFolder(state_folder(config, state))).rotate(retire_now=retire_now)
    told(f"the key {trust.bundle.signing_key.kid} signs now; the trust bundle has the serial number {trust.serial}")
    _push(trust, to)


@keys_app.command()
def show(config: ConfigOption = None, state: StateOption = None) -> None:
    """Show which keys are trusted."""
    with refusing():
        trust = _registrar(TrustFolder(state_folder(config, state))).trust()
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for line in key_lines(trust):
        console.print(line)


@trust_app.command()
def export(config: ConfigOption = None, state: StateOption = None) -> None:
    """Print the trust bundle, for the state folder (keys/tokens/trust.jws) of another gateway."""
    with refusing():
        sys.stdout.write(f"{_registrar(TrustFolder(state_folder(config, state))).trust().text}\n")


@trust_app.command("push")
def push_(
    to: Annotated[list[str], typer.Option("--to", help="Address of a gateway; may be repeated.")],
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Give the trust bundle to running gateways."""
    with refusing():
        trust = _registrar(TrustFolder(state_folder(config, state))).trust()
    _push(trust, to)


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what the registrar refuses into the end of the command."""
    try:
        yield
    except RegistrarError as error:
        raise refusal(str(error)) from error


def _registrar(folder: TrustFolder) -> Registrar:
    return Registrar(folder, time.time, os.urandom)


def _read(token: str) -> str:
    """The token that was named, without showing it to whoever lists processes if it comes by standard input."""
    return sys.stdin.read(2 * CHARACTERS_MAX).strip() if token == STANDARD_INPUT else token.strip()


def _push(trust: Trust, to: list[str] | None) -> None:
    failed = False
    for url, problem in push(trust.text, to or ()).items():
        told(f"{url}: {problem or 'has it'}")
        failed = failed or problem is not None
    if failed:
        raise refusal("not every gateway has it; `mainstay token trust push --to URL` tries again")
