"""`mainstay lab`: fake providers to try things out on, and to break."""

import asyncio
import contextlib
import http.client
import signal
from typing import Annotated, NoReturn
from urllib.parse import SplitResult, urlsplit

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from mainstay.lab.provider.control import CONTROL_ROOT, usage
from mainstay.lab.provider.fault import FaultTextError, parse_fault
from mainstay.lab.provider.fault_table import FAULTS
from mainstay.lab.provider.request import ModelKind, Personality
from mainstay.lab.provider.server import CONTROL_PORT_OFFSET, PORT_MAX, FakeProvider

TIMEOUT_SECONDS = 5.0
lab_app = typer.Typer(add_completion=False, help="Fake providers: run one, break it, heal it.", no_args_is_help=True)


class _Message(msgspec.Struct):
    message: str = ""


class _State(msgspec.Struct):
    name: str
    requests_seen: int


@lab_app.command()
def provider(  # noqa: PLR0913, PLR0917 - each argument is one option of the command
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
    name: Annotated[str, typer.Option(help="Its name in x-lab-faults and x-lab-provider.")] = "primary",
    fault: Annotated[str, typer.Option(help="Lasting fault, such as cut:after=40; see --list-faults.")] = "ok",
    model_kind: Annotated[ModelKind, typer.Option(help="How it continues a cut answer.")] = ModelKind.ANCHORED,
    words: Annotated[int, typer.Option(help="Length of answers.", min=1, max=20_000)] = 60,
    chars_per_second: Annotated[float | None, typer.Option(help="Speed of streamed text; default: at once.")] = None,
    key: Annotated[str | None, typer.Option(help="The only credential that is accepted; default: any.")] = None,
    list_faults: Annotated[bool, typer.Option("--list-faults", help="Show every fault and stop.")] = False,
) -> None:
    """Run a fake provider (Anthropic Messages and OpenAI Chat Completions on one port) until Ctrl-C."""
    if list_faults:
        _list_faults()
        return
    _check(fault)
    personality = Personality(model_kind=model_kind, words=words, chars_per_second=chars_per_second, key=key)
    try:
        asyncio.run(_serve(FakeProvider(name, fault=fault, port=port, personality=personality), fault))
    except OSError as error:
        _fail(f"cannot serve on port {port}: {error.strerror}. Choose another --port, or 0 for a free one.")


@lab_app.command("break")
def break_provider(
    url: Annotated[str, typer.Argument(help="URL of a running fake provider.")],
    fault: Annotated[str, typer.Argument(help="What it shall do, such as overloaded or cut:after=40.")],
    count: Annotated[int | None, typer.Option(help="For so many requests; default: until healed.", min=1)] = None,
) -> None:
    """Put a fault in force on a running fake provider."""
    _check(fault)
    body = msgspec.json.encode({"fault": fault, "count": count})
    state = msgspec.json.decode(_ask(url, "POST", "/fault", body), type=_State)
    typer.echo(f"{state.name}: {fault} " + (f"for {count} requests" if count else "until healed"))


@lab_app.command()
def heal(url: Annotated[str, typer.Argument(help="URL of a running fake provider.")]) -> None:
    """Take every fault of a running fake provider back."""
    state = msgspec.json.decode(_ask(url, "DELETE", "/fault"), type=_State)
    typer.echo(f"{state.name}: healthy, {state.requests_seen} requests so far")


async def _serve(fake: FakeProvider, fault: str) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with fake:
        typer.echo(f"fake provider {fake.name!r}, fault: {fault}")
        typer.echo(f"  Anthropic  {fake.url}")
        typer.echo(f"  OpenAI     {fake.url}/v1")
        typer.echo(f"  control    {fake.control_url}{CONTROL_ROOT}")
        typer.echo(f"  break it   mainstay lab break {fake.url} overloaded")
        typer.echo(f"  heal it    mainstay lab heal {fake.control_url}")
        await stopped.wait()


def _list_faults() -> None:
    table = Table("fault", "what happens (how to write it, with the defaults)", box=None)
    for name, entry in FAULTS.items():
        table.add_row(name, usage(name, entry))
    Console().print(table)


def _check(fault: str) -> None:
    try:
        parse_fault(fault)
    except FaultTextError as error:
        _fail(f"{error} (mainstay lab provider --list-faults shows all)")


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _ask(url: str, method: str, page: str, body: bytes | None = None) -> bytes:
    """Ask a provider's control pages: on its own port or, if that refuses, on its control port."""
    address = urlsplit(url if "://" in url else f"http://{url}")
    for port in _ports(address):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return _answer(address.hostname or "127.0.0.1", port, method, page, body)
    _fail(f"no fake provider answers at {url}")


def _ports(address: SplitResult) -> list[int]:
    port = address.port or 80
    control_port = port + CONTROL_PORT_OFFSET
    return [port, control_port] if control_port <= PORT_MAX else [port]


def _answer(host: str, port: int, method: str, page: str, body: bytes | None) -> bytes:
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, CONTROL_ROOT + page, body)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        _fail(f"port {port} answered {response.status}: {_message(answer)}")
    return answer


def _message(answer: bytes) -> str:
    try:
        return msgspec.json.decode(answer, type=_Message).message or "not a fake provider?"
    except msgspec.DecodeError:
        return "not a fake provider?"
