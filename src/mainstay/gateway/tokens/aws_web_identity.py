"""AWS roles for whoever holds a token of a trusted issuer (Kubernetes service accounts, CI): AssumeRoleWithWebIdentity.

Source: AWS STS API reference, version 2011-06-15 (query protocol: a form, answered with XML; unsigned).
"""

from urllib.parse import urlencode
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType

import msgspec

from mainstay.gateway.tokens.aws_keys import keys
from mainstay.gateway.tokens.reading import OK, instant, unsafe, words
from mainstay.gateway.tokens.source import Asking, ReadFile, Response, Token, Trouble
from mainstay.model.http import Headers, Outgoing

STS_VERSION = "2011-06-15"
# No `accept`: asked for JSON, the service would answer with it in a shape of its own.
_HEADERS: Headers = (("content-type", "application/x-www-form-urlencoded"),)
XML_ELEMENTS_MAX = 1_000
XML_TEXT_CHARACTERS_MAX = 65_536


class WebIdentity(msgspec.Struct, frozen=True):
    """A role, and the file that holds the token of whoever may take it."""

    role: str
    token_file: str
    sts_url: str = "https://sts.amazonaws.com/"
    session: str = "mainstay"

    @property
    def identity(self) -> str:
        """See `Source`."""
        return f"role {self.role}"

    def ask(self, wall: float, read_file: ReadFile) -> Asking:
        """See `Source`."""
        trouble = unsafe(self.sts_url)
        if trouble is not None:
            return trouble
        proof = read_file(self.token_file)
        if isinstance(proof, Trouble):
            return proof
        form = {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": STS_VERSION,
            "RoleArn": self.role,
            "RoleSessionName": self.session,
            "WebIdentityToken": proof,
        }
        response = yield Outgoing(self.sts_url, _HEADERS, urlencode(form).encode())
        return _assumed(response, wall)


class _Leaves:
    """Collects the texts of chosen elements wherever they stand. A document type is refused: with it come entities,
    and with those everything that makes XML dangerous."""

    def __init__(self, names: frozenset[str]) -> None:
        self.texts: dict[str, str] = {}
        self._names = names
        self._elements = 0
        self._open = ""

    def attach(self, parser: XMLParserType) -> None:
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > XML_ELEMENTS_MAX:
            raise ValueError("too many elements")
        self._open = name if name in self._names and name not in self.texts else ""
        if self._open:
            self.texts[name] = ""

    def _end(self, _name: str) -> None:
        self._open = ""

    def _text(self, text: str) -> None:
        if not self._open:
            return
        if len(self.texts[self._open]) + len(text) > XML_TEXT_CHARACTERS_MAX:
            raise ValueError("too much text")
        self.texts[self._open] += text

    def _doctype(self, *_declaration: object) -> None:
        raise ValueError("a document type")


def xml_leaves(body: bytes, names: frozenset[str]) -> dict[str, str] | None:
    """The text of the first element of each of these names; `None` for what is not XML, or not of the tame kind."""
    leaves = _Leaves(names)
    parser = ParserCreate()
    leaves.attach(parser)
    try:
        parser.Parse(body, True)  # noqa: FBT003 - "this is all": expat takes it by position only
    except (ExpatError, ValueError):
        return None
    return {name: text.strip() for name, text in leaves.texts.items()}


_KEYS = frozenset({"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"})
_ERROR = frozenset({"Code", "Message"})


def _assumed(response: Response, wall: float) -> Token | Trouble:
    if response.status != OK:
        error = xml_leaves(response.body, _ERROR) or {}
        reason = words(f"{error.get('Code', '')} {error.get('Message', '')}") or "no reason given"
        return Trouble(f"the identity service answered {response.status}: {reason}")
    found = xml_leaves(response.body, _KEYS)
    if found is None or found.keys() != _KEYS:
        return Trouble("the identity service answered 200 without keys that can be read")
    expires_at = instant(found["Expiration"])
    return keys(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], expires_at, wall)
