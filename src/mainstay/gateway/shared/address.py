"""Where a Valkey or Redis is, read from its URL. No message here ever holds a secret."""

from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

PORT_DEFAULT = 6379
SCHEMES = {"redis": False, "valkey": False, "rediss": True, "valkeys": True}
"""Whether a scheme means TLS."""
UNIX_SCHEME = "unix"
OPTIONS = frozenset({"db", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname"})
FALSE_WORDS = frozenset({"0", "false", "no"})
VERIFICATIONS = frozenset({"required", "optional", "none"})


class UnusableSharedUrlError(ValueError):
    """The URL under `shared` cannot be used; the message says why, without the URL."""


class SharedAddress(msgspec.Struct, frozen=True):
    """One server. `path` is that of a Unix socket; then host, port and TLS mean nothing."""

    host: str = "127.0.0.1"
    port: int = PORT_DEFAULT
    path: str = ""
    username: str = ""
    password: str = ""
    database: int = 0
    tls: bool = False
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    verification: str = "required"
    check_hostname: bool = True

    def __str__(self) -> str:
        """For operators: no password."""
        return self.path or f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        """The same, so that no log can leak the password."""
        return f"SharedAddress({self})"


def read_shared_url(url: str) -> SharedAddress:
    """Read `redis://[user:password@]host[:port][/database]`, the same with `rediss` (TLS), `valkey` or `valkeys`, or
    `unix:///path`. Raises `UnusableSharedUrlError`."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORT_DEFAULT
    except ValueError:
        raise UnusableSharedUrlError("shared: not a URL; write redis://host:port") from None
    if parts.scheme not in {*SCHEMES, UNIX_SCHEME}:
        raise UnusableSharedUrlError(
            "shared: the URL must begin with redis://, rediss://, valkey://, valkeys:// or unix://"
        )
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    unknown = sorted(options.keys() - OPTIONS)
    if unknown:
        raise UnusableSharedUrlError(f"shared: the URL has an unknown option {unknown[0][:50]!r}")
    is_unix = parts.scheme == UNIX_SCHEME
    if is_unix and not parts.path:
        raise UnusableSharedUrlError("shared: the URL names no socket; write unix:///path/of/the.sock")
    verification = options.get("ssl_cert_reqs", "required")
    if verification not in VERIFICATIONS:
        raise UnusableSharedUrlError("shared: ssl_cert_reqs in the URL must be required, optional or none")
    return SharedAddress(
        host=unquote(parts.hostname or "127.0.0.1"),
        port=port,
        path=unquote(parts.path) if is_unix else "",
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=_database(options.get("db", "0" if is_unix else parts.path.strip("/") or "0")),
        tls=SCHEMES.get(parts.scheme, False),
        ca_file=options.get("ssl_ca_certs"),
        certificate_file=options.get("ssl_certfile"),
        key_file=options.get("ssl_keyfile"),
        verification=verification,
        check_hostname=options.get("ssl_check_hostname", "true").lower() not in FALSE_WORDS,
    )


def _database(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 1_000_000):  # noqa: PLR2004 - no server has as many
        raise UnusableSharedUrlError("shared: the database in the URL must be a number, as in redis://host:port/0")
    return int(text)
