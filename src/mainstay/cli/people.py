"""`mainstay people`: local accounts of the control plane, and its sessions. Needs the state folder alone."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mainstay.cli.audit_lines import instant
from mainstay.cli.people_evidence import write_down
from mainstay.cli.people_keys import keys_app
from mainstay.cli.state_folder import ConfigOption, StateOption, refusal, state_folder, told
from mainstay.control.evidence import Deed
from mainstay.control.people.accounts import AccountError, Accounts, account_name
from mainstay.control.people.cookie_keys import key_path, replace_key
from mainstay.control.people.passwords import Argon2, password_problem
from mainstay.control.people.roles import ROLE_WORDS, Role, role_of

LINE_CHARACTERS_MAX: Final = 4_096

people_app = typer.Typer(no_args_is_help=True, add_completion=False, help="Say who may log in to the control plane.")
sessions_app = typer.Typer(no_args_is_help=True, help="The sessions of people who are logged in.")
people_app.add_typer(sessions_app, name="sessions")
people_app.add_typer(keys_app, name="key")

Name = Annotated[str, typer.Argument(help="Name of the person; upper and lower case are the same.")]
RoleOption = Annotated[str, typer.Option("--role", help="viewer (looks), operator (acts) or admin (manages people).")]


@people_app.command()
def add(name: Name, role: RoleOption, config: ConfigOption = None, state: StateOption = None) -> None:
    """Make an account. The password is asked for, or read from standard input (one line)."""
    given = _role(role)
    if account_name(name) is None:
        raise refusal("a name has 1 to 64 letters, digits, '.', '_', '-', '+' or '@', a letter or digit first")
    folder = state_folder(config, state)
    accounts = Accounts(folder)
    hashed = _new_password(name)
    with _refusing():
        kept = accounts.add(name, given, hashed, time.time())
    write_down(folder, Deed("person-added", kept, detail=f"as {given.word}"))
    told(f"{kept} may log in as {given.word} ({accounts.path})")


@people_app.command("list")
def list_people(config: ConfigOption = None, state: StateOption = None) -> None:
    """Show all accounts."""
    accounts = Accounts(state_folder(config, state))
    people = accounts.all()
    if accounts.trouble:
        raise refusal(accounts.trouble)
    if not people:
        told(f"no accounts in {accounts.path}; make one with `mainstay people add NAME --role admin`")
        return
    table = Table("name", "role", "since", box=None, pad_edge=False)
    for name, account in people.items():
        table.add_row(Text(name), account.role, instant(account.made_at))
    Console(soft_wrap=True, highlight=False).print(table)


@people_app.command()
def remove(name: Name, config: ConfigOption = None, state: StateOption = None) -> None:
    """Delete an account; its sessions end at once."""
    folder = state_folder(config, state)
    accounts = Accounts(folder)
    kept = account_name(name) or name
    with _refusing():
        accounts.remove(kept)
    write_down(folder, Deed("person-removed", kept, detail="sessions ended too"))
    left = accounts.all().values()
    told(f"{kept} is removed, and logged out")
    if not any(account.role == Role.ADMIN.word for account in left):
        told("no local admin is left: `mainstay people add NAME --role admin` makes one")


@people_app.command()
def password(name: Name, config: ConfigOption = None, state: StateOption = None) -> None:
    """Change a password; sessions of this person end at once."""
    folder = state_folder(config, state)
    accounts = Accounts(folder)
    kept = account_name(name) or name
    if accounts.get(kept) is None:
        raise refusal(accounts.trouble or f"there is no account {kept!r} in {accounts.path}")
    hashed = _new_password(kept)
    with _refusing():
        accounts.set_password(kept, hashed)
    write_down(folder, Deed("password-changed", kept, detail="sessions ended too"))
    told(f"{kept} has a new password, and is logged out")


@people_app.command()
def role(
    name: Name,
    role: Annotated[str, typer.Argument(help="viewer, operator or admin.")],
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Give a person another role, at once, also in sessions that run."""
    given = _role(role)
    folder = state_folder(config, state)
    accounts = Accounts(folder)
    kept = account_name(name) or name
    before = accounts.get(kept)
    with _refusing():
        accounts.set_role(kept, given)
    write_down(folder, Deed("role-changed", kept, detail=f"from {before.role if before else '?'} to {given.word}"))
    told(f"{kept} is {given.word}")


@sessions_app.command("end")
def end_sessions(config: ConfigOption = None, state: StateOption = None) -> None:
    """Log everybody out: local people and those of the identity provider."""
    folder = state_folder(config, state)
    with _refusing():
        replace_key(folder, time.time(), overlap=False)
    write_down(folder, Deed("sessions-ended", "", detail="of everybody"))
    told("everybody is logged out")


@sessions_app.command("rotate")
def rotate_sessions(config: ConfigOption = None, state: StateOption = None) -> None:
    """Make a new key for cookies; sessions that run go on."""
    folder = state_folder(config, state)
    try:
        with _refusing():
            replace_key(folder, time.time(), overlap=True)
    except ValueError:
        path = key_path(folder)
        raise refusal(f"{path}: is damaged; `mainstay people sessions end` makes a new one") from None
    write_down(folder, Deed("sessions-rotated", "", detail="a new key for cookies; no session ended"))
    told("cookies are signed by a new key; nobody is logged out")


def _role(word: str) -> Role:
    found = role_of(word.lower())
    if found is None:
        raise refusal(f"a role is one of {', '.join(ROLE_WORDS)}")
    return found


def is_terminal() -> bool:
    """Whether a person types."""
    return sys.stdin.isatty()


def _new_password(name: str) -> str:
    """The hash of a password that is typed twice, or stands on the first line of standard input."""
    if is_terminal():
        typed = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        text = str(typed)
    else:
        text = sys.stdin.readline(LINE_CHARACTERS_MAX).rstrip("\r\n")
    if problem := password_problem(text, name):
        raise refusal(f"the password {problem}")
    return Argon2().hash(text)


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what cannot be done into one line."""
    try:
        yield
    except AccountError as error:
        raise refusal(str(error)) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise refusal(f"{where}{error.strerror or error}") from error
