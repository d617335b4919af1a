from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.tokens.aws_web_identity import WebIdentity, xml_leaves
from mainstay.gateway.tokens.source import Token, Trouble
from tests.gateway.tokens.identity import SOON, WALL, Told, said

ROLE = "arn:aws:iam::123456789012:role/gateway"
SOURCE = WebIdentity(ROLE, "/token", "https://sts.eu-central-1.amazonaws.com/")
TEXTS = {"/token": "proof"}


def assumed(expiration: str = SOON) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <SubjectFromWebIdentityToken>system:serviceaccount:default:gateway</SubjectFromWebIdentityToken>
    <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/gateway/mainstay</Arn></AssumedRoleUser>
    <Credentials>
      <SessionToken>ses&#43;sion==</SessionToken>
      <SecretAccessKey>s/ec&amp;ret</SecretAccessKey>
      <Expiration>{expiration}</Expiration>
      <AccessKeyId>ASIA1</AccessKeyId>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>""".encode()


BOMB = b"""<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "AAAAAAAAAA"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<r><AccessKeyId>&c;</AccessKeyId></r>"""


def test_takes_the_role_with_the_proof_of_the_file() -> None:
    told = Told(SOURCE, said(assumed()), texts=TEXTS)
    (request,) = told.requests
    assert (request.method, request.url) == ("POST", "https://sts.eu-central-1.amazonaws.com/")
    assert request.headers == (("content-type", "application/x-www-form-urlencoded"),)
    assert parse_qs(request.body.decode()) == {
        "Action": ["AssumeRoleWithWebIdentity"],
        "Version": ["2011-06-15"],
        "RoleArn": [ROLE],
        "RoleSessionName": ["mainstay"],
        "WebIdentityToken": ["proof"],
    }
    assert told.token == Token("ASIA1:s/ec&ret:ses+sion==", WALL + 3600)
    assert SOURCE.identity == f"role {ROLE}"


def test_asks_nobody_without_a_proof() -> None:
    told = Told(SOURCE)
    assert (told.requests, told.trouble) == ([], "file /token cannot be read: No such file")


def test_shows_its_proof_to_nobody_on_the_way() -> None:
    assert Told(WebIdentity(ROLE, "/token", "http://sts.example/"), texts=TEXTS).requests == []


def test_tells_why_it_was_refused() -> None:
    body = (
        b"<ErrorResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><Error><Type>Sender</Type>"
        b"<Code>AccessDenied</Code><Message>Not authorized</Message></Error></ErrorResponse>"
    )
    assert Told(SOURCE, said(body, 403), texts=TEXTS).trouble == (
        "the identity service answered 403: AccessDenied Not authorized"
    )
    assert Told(SOURCE, said(b"busy", 503), texts=TEXTS).trouble == (
        "the identity service answered 503: no reason given"
    )


@pytest.mark.parametrize("body", [b"", b"{}", b"<a>", b"<a/>", BOMB, assumed()[:-20]])
def test_an_answer_that_is_not_whole_is_nothing(body: bytes) -> None:
    assert Told(SOURCE, said(body), texts=TEXTS).trouble == (
        "the identity service answered 200 without keys that can be read"
    )


@pytest.mark.parametrize("expiration", ["soon", "2026-03-02T10:48:59Z"])
def test_keys_that_do_not_live_are_nothing(expiration: str) -> None:
    assert isinstance(Told(SOURCE, said(assumed(expiration)), texts=TEXTS).outcome, Trouble)


class TestXmlLeaves:
    def test_the_first_of_a_name_counts(self) -> None:
        assert xml_leaves(b"<r><A>1</A><A>2</A><B> 3 </B></r>", frozenset("AB")) == {"A": "1", "B": "3"}

    def test_no_document_type_is_read(self) -> None:
        assert xml_leaves(BOMB, frozenset({"AccessKeyId"})) is None
        assert xml_leaves(b"<!DOCTYPE r SYSTEM 'file:///etc/passwd'><r><A>1</A></r>", frozenset("A")) is None

    def test_sizes_are_bounded(self) -> None:
        assert xml_leaves(b"<r>" + b"<x/>" * 2_000 + b"<A>1</A></r>", frozenset("A")) is None
        assert xml_leaves(b"<r><A>" + b"x" * 70_000 + b"</A></r>", frozenset("A")) is None
        assert xml_leaves(b"<r>" + b"<x/>" * 900 + b"<A>1</A></r>", frozenset("A")) == {"A": "1"}

    @given(st.binary())
    def test_nothing_is_raised(self, body: bytes) -> None:
        found = xml_leaves(body, frozenset("A"))
        assert found is None or found.keys() <= {"A"}
