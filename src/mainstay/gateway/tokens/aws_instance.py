"""The role of an EC2 machine, from its metadata service, version 2 (the session-oriented one) only.

Source: Amazon EC2 user guide, "Use the Instance Metadata Service" and "Static stability" of the SDKs.
"""

from urllib.parse import quote

import msgspec

from mainstay.gateway.tokens.aws_keys import keys_from_json
from mainstay.gateway.tokens.reading import OK, is_sendable, refusal, unsafe
from mainstay.gateway.tokens.source import Asking, ReadFile, Trouble
from mainstay.model.http import Outgoing

METADATA_SERVICE = "http://169.254.169.254"
SESSION_SECONDS = 300
"""How long the metadata session lives; a renewal needs seconds."""
EXTENDED_SECONDS = 900.0
"""While IAM is in trouble the service hands out keys past their date, and AWS honours them: its SDKs go on too."""

_ROLES = "/latest/meta-data/iam/security-credentials/"
_ROLE_CHARACTERS_MAX = 256


class InstanceRole(msgspec.Struct, frozen=True):
    """The metadata service of the machine we run on."""

    service: str = METADATA_SERVICE

    @property
    def identity(self) -> str:
        """See `Source`."""
        return f"role of this machine ({self.service.partition('://')[2]})"

    def ask(self, wall: float, read_file: ReadFile) -> Asking:
        """See `Source`."""
        del read_file
        trouble = unsafe(self.service)
        if trouble is not None:
            return trouble
        opened = yield Outgoing(
            f"{self.service}/latest/api/token",
            (("x-aws-ec2-metadata-token-ttl-seconds", str(SESSION_SECONDS)),),
            b"",
            "PUT",
        )
        session = opened.body.decode("latin-1").strip()
        if opened.status != OK or not is_sendable(session):
            return refusal(opened)
        headers = (("x-aws-ec2-metadata-token", session),)
        roles = yield Outgoing(f"{self.service}{_ROLES}", headers, b"", "GET")
        role = roles.body.decode("latin-1").partition("\n")[0].strip()
        if roles.status != OK or not is_sendable(role) or len(role) > _ROLE_CHARACTERS_MAX:
            return Trouble(f"this machine has no role (the metadata service answered {roles.status})")
        response = yield Outgoing(f"{self.service}{_ROLES}{quote(role)}", headers, b"", "GET")
        return keys_from_json(response, wall, extended_seconds=EXTENDED_SECONDS)
