"""A mail server that speaks enough SMTP, encrypted or not, and says no where a test wants it to."""

import base64
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Literal

import msgspec

Mode = Literal["good", "refuse-some", "refuse-all", "busy", "hang", "break"]


class Letter(msgspec.Struct, frozen=True):
    """A message that arrived. `login` is user and password; `is_encrypted`: whether it came over TLS."""

    sender: str
    to: tuple[str, ...]
    text: str
    login: tuple[str, str] | None
    is_encrypted: bool


class MailServer(ThreadingTCPServer):
    """Takes letters."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, tls: ssl.SSLContext | None, *, is_tls_from_the_start: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.tls = tls
        self.is_tls_from_the_start = is_tls_from_the_start
        self.mode: Mode = "good"
        self.password = ""
        self.letters: list[Letter] = []
        self.let_go = Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves is no news."""


class _Conversation(StreamRequestHandler):
    server: MailServer

    def setup(self) -> None:
        self.is_encrypted = False
        if self.server.is_tls_from_the_start:
            self._encrypt()
        super().setup()

    def handle(self) -> None:
        if self.server.mode == "hang":
            self.server.let_go.wait(60)
            return
        self.sender = ""
        self.to: list[str] = []
        self.login: tuple[str, str] | None = None
        self._say("220 sink")
        while (line := self.rfile.readline().decode().strip()) and self._answer(line):
            pass

    def finish(self) -> None:
        super().finish()
        if self.is_encrypted:
            self.request.close()

    def _encrypt(self) -> None:
        assert self.server.tls is not None
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        self.is_encrypted = True

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _answer(self, line: str) -> bool:
        word, _, rest = line.partition(" ")
        match word.upper():
            case "EHLO":
                offers = ["STARTTLS"] if self.server.tls is not None and not self.is_encrypted else []
                lines = ["sink", *offers, "AUTH PLAIN"]
                for number, one in enumerate(lines, start=1):
                    self._say(f"250{' ' if number == len(lines) else '-'}{one}")
            case "STARTTLS":
                self._say("220 go on")
                self._encrypt()
                super().setup()
            case "AUTH":
                self._log_in(rest)
            case "MAIL":
                self.sender = rest[rest.index("<") + 1 : rest.index(">")]
                self._say("452 too busy for hunter2" if self.server.mode == "busy" else "250 ok")
            case "RCPT":
                self._take(rest[rest.index("<") + 1 : rest.index(">")])
            case "DATA":
                return self._read_letter()
            case "QUIT":
                self._say("221 bye")
                return False
            case _:
                self._say("250 ok")
        return True

    def _log_in(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
        self.login = (user, password)
        self._say("235 welcome" if password == self.server.password else f"535 {password} is wrong")

    def _take(self, address: str) -> None:
        mode = self.server.mode
        if mode == "refuse-all" or (mode == "refuse-some" and self.to):
            self._say("550 nobody here")
        else:
            self.to.append(address)
            self._say("250 ok")

    def _read_letter(self) -> bool:
        if self.server.mode == "break":
            return False
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.decode())
        letter = Letter(self.sender, tuple(self.to), "".join(lines), self.login, self.is_encrypted)
        self.server.letters.append(letter)
        self._say("250 taken")
        return True


@contextmanager
def running_mail_server(
    certificate: Path | None = None, *, is_tls_from_the_start: bool = False
) -> Iterator[MailServer]:
    """A mail server that runs until the end of the block. `certificate` is a file with certificate and key."""
    tls = None
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    with MailServer(tls, is_tls_from_the_start=is_tls_from_the_start) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.let_go.set()
            with suppress(RuntimeError):
                server.shutdown()
            thread.join(5)
