import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from mainstay.cli.lab import lab_app
from mainstay.lab.provider.fault_table import FAULTS
from mainstay.lab.provider.server import CONTROL_PORT_OFFSET
from mainstay.lab.provider.thread import FakeProviderThread

RUNNER = CliRunner()


@contextmanager
def running(*arguments: str) -> Iterator[list[str]]:
    """The command in a process of its own, and the lines that it prints at the start."""
    command = [sys.executable, "-c", "from mainstay.cli.lab import lab_app; lab_app()", "provider", *arguments]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    ) as process:
        assert process.stdout is not None
        try:
            yield [process.stdout.readline() for _ in range(6)]
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0


def run(*arguments: str) -> tuple[int, str]:
    result = RUNNER.invoke(lab_app, list(arguments))
    return result.exit_code, result.output


def test_the_list_has_every_fault() -> None:
    code, said = run("provider", "--list-faults")
    assert code == 0
    assert all(re.search(rf"^\s*{name}\s", said, re.MULTILINE) for name in FAULTS)


def test_a_running_provider_is_broken_and_healed() -> None:
    with FakeProviderThread("standby") as provider:
        assert run("break", provider.url, "cut:after=4", "--count", "3") == (0, "standby: cut:after=4 for 3 requests\n")
        assert run("break", provider.url, "overloaded") == (0, "standby: overloaded until healed\n")
        code, said = run("heal", provider.url.removeprefix("http://"))
        assert (code, said) == (0, "standby: healthy, 0 requests so far\n")


def test_a_command_runs_a_provider_until_it_is_told_to_stop() -> None:
    with running("--name", "third", "--fault", "overloaded") as lines:
        assert lines[0] == "fake provider 'third', fault: overloaded\n"
        assert lines[2].split()[1] == lines[1].split()[1] + "/v1"
        assert run("heal", lines[1].split()[1])[1].startswith("third: healthy")


def test_a_provider_that_refuses_is_healed_through_its_control_port() -> None:
    with FakeProviderThread() as finder:
        free = urlsplit(finder.url).port or 0
    port = free if free + CONTROL_PORT_OFFSET <= 65_535 else free - CONTROL_PORT_OFFSET
    with FakeProviderThread(port=port, fault="refuse") as provider:
        assert run("heal", provider.url)[0] == 0
        assert run("heal", provider.control_url)[0] == 0


@pytest.mark.parametrize(
    "arguments", [("provider", "--fault", "overlaoded"), ("break", "http://127.0.0.1:1", "overlaoded")]
)
def test_a_fault_that_does_not_exist_is_explained(arguments: tuple[str, ...]) -> None:
    code, said = run(*arguments)
    assert code == 2
    assert "did you mean 'overloaded'?" in said


def test_nobody_at_the_url_is_explained() -> None:
    with FakeProviderThread() as provider:
        url = provider.url
    code, said = run("heal", url)
    assert (code, said) == (2, f"no fake provider answers at {url}\n")


def test_a_taken_port_is_explained() -> None:
    with FakeProviderThread() as provider:
        code, said = run("provider", "--port", str(urlsplit(provider.url).port))
    assert code == 2
    assert "Choose another --port" in said


def test_something_else_at_the_url_is_explained() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        threading.Thread(target=other.handle_request, daemon=True).start()
        code, said = run("heal", f"http://127.0.0.1:{other.server_port}")
    assert code == 2
    assert said.endswith("answered 501: not a fake provider?\n")
