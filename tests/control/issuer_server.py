"""A small identity provider on loopback: discovery, keys, authorization that asks nobody, tokens. It can lie."""

import base64
import hashlib
import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

CLIENT_ID, CLIENT_SECRET = "mainstay", "a client secret"


def new_key(key_id: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": key_id, "use": "sig", "alg": "ES256"})


class IssuerServer:
    """What it says is made of public attributes, which tests change."""

    def __init__(self) -> None:
        self.key = new_key("first")
        self.published = [self.key]
        self.claims: dict[str, object] = {"preferred_username": "Paula", "groups": ["staff", "ops"]}
        self.lies: dict[str, object] = {}
        """Claims of the token that replace the true ones."""
        self.header: dict[str, str] = {}
        self.signing_key: ECKey | None = None
        self.description: dict[str, object] = {}
        self.fails: dict[str, int] = {}
        """Path -> status that it answers instead."""
        self.asked: list[str] = []
        self.wall = 1_800_000_000.0
        self._codes: dict[str, Mapping[str, str]] = {}
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, after an outage on the same port again."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        self._server.daemon_threads = True
        self._port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        """An outage: nobody listens any more."""
        server, self._server = self._server, None
        if server is not None and self._thread is not None:
            server.shutdown()
            self._thread.join()
            server.server_close()

    def answer(self, path: str, query: Mapping[str, str], form: Mapping[str, str], login: str) -> tuple[int, str]:
        """Status and body; for 302 the body is the location."""
        self.asked.append(path)
        if path in self.fails:
            return self.fails[path], "broken"
        match path:
            case "/.well-known/openid-configuration":
                return 200, json.dumps(self._described() | self.description)
            case "/keys":
                return 200, json.dumps(KeySet(list(self.published)).as_dict(private=False))
            case "/authorize":
                code = f"code{len(self._codes)}"
                self._codes[code] = query
                return 302, f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
            case "/token":
                return self._token(form, login)
            case _:
                return 404, ""

    def _described(self) -> dict[str, object]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "scopes_supported": ["openid", "profile", "groups"],
        }

    def _token(self, form: Mapping[str, str], login: str) -> tuple[int, str]:
        asked = self._codes.pop(form.get("code", ""), None)
        if login != "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode():
            return 401, '{"error": "invalid_client"}'
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        is_right = asked is not None and asked["code_challenge"] == challenge.decode()
        if asked is None or not is_right or asked["redirect_uri"] != form["redirect_uri"]:
            return 400, '{"error": "invalid_grant"}'
        claims = {"iss": self.url, "aud": CLIENT_ID, "sub": "4711", "iat": int(self.wall), "exp": int(self.wall) + 300}
        claims |= {"nonce": asked["nonce"], **self.claims, **self.lies}
        token = self._signed(claims)
        return 200, json.dumps({"access_token": "access", "token_type": "Bearer", "id_token": token})

    def _signed(self, claims: dict[str, object]) -> str:
        header = {"alg": "ES256", "kid": str(self.key.kid)} | self.header
        if header["alg"] == "none":
            parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
            return b".".join([*parts, b""]).decode()
        if header["alg"] == "HS256":
            secret = KeySet(list(self.published)).as_dict(private=False)
            return jwt.encode(header, claims, OctKey.import_key(json.dumps(secret)), algorithms=["HS256"])
        return jwt.encode(header, claims, self.signing_key or self.key)


def _handler(issuer: IssuerServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._answer(_single(body))

        def _answer(self, form: Mapping[str, str]) -> None:
            parts = urlsplit(self.path)
            login = self.headers.get("authorization", "")
            status, body = issuer.answer(parts.path, _single(parts.query), form, login)
            self.send_response(status)
            if status == 302:
                self.send_header("location", body)
                body = ""
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base class calls it so
            pass

    return Handler


def _single(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
