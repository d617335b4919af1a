"""`mainstay people key`: keys by which programs use the API of the control plane."""

import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mainstay.cli.audit_lines import instant
from mainstay.cli.people_evidence import write_down
from mainstay.cli.state_folder import ConfigOption, StateOption, refusal, state_folder, told
from mainstay.control.evidence import Deed
from mainstay.control.people.accounts import Accounts, account_name
from mainstay.control.people.api_keys import ApiKeyError, ApiKeys
from mainstay.control.people.roles import ROLE_WORDS, role_of

keys_app = typer.Typer(no_args_is_help=True, help="Keys by which programs use the API, each on behalf of a person.")


@keys_app.command()
def add(
    name: Annotated[str, typer.Argument(help="The person on whose behalf the program acts.")],
    role: Annotated[str, typer.Option("--role", help="What it may do at most: viewer, operator or admin.")] = "viewer",
    days: Annotated[float, typer.Option("--days", help="How long it lives.")] = 90.0,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Make a key and print it, once. It is sent as `Authorization: Bearer KEY`."""
    folder = state_folder(config, state)
    person, given = account_name(name) or name, role_of(role.lower())
    if given is None:
        raise refusal(f"a role is one of {', '.join(ROLE_WORDS)}")
    if Accounts(folder).get(person) is None:
        raise refusal(f"there is no account {person!r}; `mainstay people add {person} --role {given.word}` makes one")
    try:
        key = ApiKeys(folder, time.time).add(person, given, days)
    except (ApiKeyError, OSError) as error:
        raise refusal(str(error)) from error
    write_down(folder, Deed("key-added", person, detail=f"as {given.word}, for {days:g} days"))
    told(f"a key of {person} as {given.word}, for {days:g} days; it is shown only now:")
    typer.echo(key)


@keys_app.command("list")
def list_keys(config: ConfigOption = None, state: StateOption = None) -> None:
    """Show all keys, without their secrets."""
    keys = ApiKeys(state_folder(config, state), time.time)
    found = keys.all()
    if keys.trouble:
        raise refusal(keys.trouble)
    if not found:
        told(f"no keys in {keys.path}; make one with `mainstay people key add NAME`")
        return
    table = Table("id", "person", "role", "since", "until", box=None, pad_edge=False)
    for identity, key in found.items():
        table.add_row(identity, Text(key.person), key.role, instant(key.made_at), instant(key.expires_at))
    Console(soft_wrap=True, highlight=False).print(table)


@keys_app.command()
def remove(
    identity: Annotated[str, typer.Argument(metavar="ID", help="The id of the key, as `list` shows it.")],
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Remove a key; it is refused at once."""
    folder = state_folder(config, state)
    try:
        key = ApiKeys(folder, time.time).remove(identity)
    except (ApiKeyError, OSError) as error:
        raise refusal(str(error)) from error
    write_down(folder, Deed("key-removed", key.person, detail=f"key {identity}"))
    told(f"the key {identity} of {key.person} is removed")
