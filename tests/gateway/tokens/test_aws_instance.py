import pytest

from mainstay.gateway.tokens.aws_instance import InstanceRole
from mainstay.gateway.tokens.source import Response, Token
from tests.gateway.tokens.identity import SOON, WALL, Told, said

KEYS = {
    "Code": "Success",
    "Type": "AWS-HMAC",
    "AccessKeyId": "ASIA1",
    "SecretAccessKey": "secret",
    "Token": "session",
    "Expiration": SOON,
}
SESSION = said(b"metadata-session==")


def test_opens_a_session_finds_the_role_and_takes_its_keys() -> None:
    told = Told(InstanceRole(), SESSION, said(b"gateway+role\n"), said(KEYS))
    assert [(request.method, request.url, request.headers) for request in told.requests] == [
        ("PUT", "http://169.254.169.254/latest/api/token", (("x-aws-ec2-metadata-token-ttl-seconds", "300"),)),
        (
            "GET",
            "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
            (("x-aws-ec2-metadata-token", "metadata-session=="),),
        ),
        (
            "GET",
            "http://169.254.169.254/latest/meta-data/iam/security-credentials/gateway%2Brole",
            (("x-aws-ec2-metadata-token", "metadata-session=="),),
        ),
    ]
    assert told.token == Token("ASIA1:secret:session", WALL + 3600)


def test_goes_on_with_keys_past_their_date_as_aws_does() -> None:
    told = Told(InstanceRole(), SESSION, said(b"gateway"), said({**KEYS, "Expiration": "2026-03-02T09:00:00Z"}))
    assert told.token == Token("ASIA1:secret:session", WALL + 900)


@pytest.mark.parametrize("opened", [said(b"", 403), said(b""), said(b"a\r\nb"), said(b"a b")])
def test_nothing_is_asked_without_a_session(opened: Response) -> None:
    told = Told(InstanceRole(), opened)
    assert told.trouble.startswith("the identity service answered")


@pytest.mark.parametrize(("status", "body"), [(404, b""), (200, b""), (200, b"x" * 300)])
def test_a_machine_without_a_role_says_so(status: int, body: bytes) -> None:
    told = Told(InstanceRole(), SESSION, said(body, status))
    assert told.trouble == f"this machine has no role (the metadata service answered {status})"


def test_asks_this_machine_alone() -> None:
    assert Told(InstanceRole("http://evil.example")).requests == []
    assert InstanceRole("http://127.0.0.1:1338").identity == "role of this machine (127.0.0.1:1338)"
