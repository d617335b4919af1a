"""Connections of the real library to a real server."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from redis.exceptions import AuthenticationError, ResponseError

from mainstay.gateway.shared.address import read_shared_url
from mainstay.gateway.shared.connection import connector
from tests.services.redis import RedisServer, free_port


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with RedisServer(password="canary") as running:
        yield running


def test_one_command_one_answer_in_the_oldest_protocol(server: RedisServer) -> None:
    async def story() -> None:
        connection = connector(read_shared_url(f"{server.url}/2"))()
        assert not connection.is_connected
        await connection.connect()
        answers = []
        for command in (("SET", "a", 1), ("GET", "a"), ("GET", "b"), ("HSET", "h", b"k", b"v"), ("HGETALL", "h")):
            await connection.send_command(*command)
            answers.append(await connection.read_response())
        assert answers == [b"OK", b"1", None, 1, [b"k", b"v"]]
        assert not await connection.can_read()
        await connection.send_command("NONSENSE")
        with pytest.raises(ResponseError):
            await connection.read_response()
        await connection.disconnect(nowait=True)
        assert not connection.is_connected

    asyncio.run(story())


def test_a_wrong_password_is_told_when_connecting(server: RedisServer) -> None:
    async def story() -> None:
        connection = connector(read_shared_url(server.url.replace("canary", "wrong")))()
        with pytest.raises(AuthenticationError):
            await connection.connect()
        assert not connection.is_connected

    asyncio.run(story())


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine's loopback that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mainstay test")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / "server.pem", folder / "server.key"
    pem.write_bytes(signed.public_bytes(Encoding.PEM))
    key_pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return pem, key_pem


def test_tls_with_an_authority_of_our_own_and_not_without(tmp_path: Path) -> None:
    pem, key = certificate(tmp_path)
    port = str(free_port())
    options = ("--tls-port", port, "--tls-cert-file", str(pem), "--tls-key-file", str(key), "--tls-auth-clients", "no")

    async def story() -> None:
        connect = connector(read_shared_url(f"valkeys://:canary@127.0.0.1:{port}?ssl_ca_certs={pem}"))
        for _ in range(2):
            connection = connect()
            await connection.connect()
            await connection.send_command("PING")
            assert await connection.read_response() == b"PONG"
            await connection.disconnect(nowait=True)
        stranger = connector(read_shared_url(f"rediss://:canary@127.0.0.1:{port}"))()
        with pytest.raises(Exception, match=r"(?i)certificate"):
            await stranger.connect()

    with RedisServer("canary", *options):
        asyncio.run(story())


def test_a_socket_file_that_is_not_there_is_trouble_like_any_other() -> None:
    async def story() -> None:
        connection = connector(read_shared_url("unix:///nowhere/at.all"))()
        with pytest.raises(Exception, match=r"at\.all"):
            await connection.connect()

    asyncio.run(story())
