"""An OpenID Connect issuer on loopback: a discovery document, keys that may be replaced, and an end like kill -9."""

import hmac
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import msgspec
from joserfc import jws
from joserfc.jwk import ECKey

from tests.e2e.process import free_port

AUDIENCE = "mainstay"
HOUR = 3_600


class Issuer:
    """Serves between `start` and `stop`, always at the same address."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.key = self._new_key("first")
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> Self:
        """Begin to serve."""
        documents: dict[str, Callable[[], object]] = {
            "/.well-known/openid-configuration": lambda: {"issuer": self.url, "jwks_uri": f"{self.url}/keys"},
            "/keys": lambda: {"keys": [self.key.as_dict(private=False)]},
        }

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                document = documents.get(self.path)
                body = msgspec.json.encode(document() if document else {})
                self.send_response(200 if document else 404)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing is logged."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Be gone: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def rotate(self, name: str = "second") -> None:
        """Have another key, and forget the one before."""
        self.key = self._new_key(name)

    def token(self, header: Mapping[str, object] | None = None, **changes: object) -> str:
        """A token for the tenant `acme`, with changes to its claims (`None` leaves one out) and its header."""
        return self.signed(msgspec.json.encode(self.claims(**changes)), header)

    def claims(self, **changes: object) -> dict[str, object]:
        """The claims of such a token."""
        now = int(time.time())
        usual = {"iss": self.url, "aud": AUDIENCE, "sub": "robot", "iat": now, "exp": now + HOUR, "team": "acme"}
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def signed(self, payload: bytes, header: Mapping[str, object] | None = None) -> str:
        """A token with this payload, whatever it is."""
        return _signed(self.key, payload, {"alg": "ES256", "kid": self.key.kid or "", **(header or {})})

    def with_public_key_as_password(self) -> str:
        """A token whose signature is one that everybody could make."""
        header = msgspec.json.encode({"alg": "HS256", "kid": self.key.kid})
        signed = f"{_encoded(header)}.{_encoded(msgspec.json.encode(self.claims()))}"
        signature = hmac.digest(self.key.as_pem(private=False), signed.encode(), "sha256")
        return f"{signed}.{_encoded(signature)}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @staticmethod
    def _new_key(name: str) -> ECKey:
        return ECKey.generate_key("P-256", {"kid": name}, auto_kid=False)


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _signed(key: ECKey, payload: bytes, header: Mapping[str, object]) -> str:
    registry = jws.JWSRegistry(algorithms=[str(header["alg"])], strict_check_header=False)
    return jws.serialize_compact(dict(header), payload, key, registry=registry)
