"""The identity of a Google machine or pod, from its metadata server.

Source: Google's "About VM metadata". The address is a number on purpose: no name service is on this path.
"""

from urllib.parse import quote

from mainstay.gateway.tokens.google_accounts import CLOUD_SCOPE
from mainstay.gateway.tokens.reading import access_token
from mainstay.gateway.tokens.source import Asking, ReadFile
from mainstay.model.http import Headers, Outgoing

METADATA_HOST = "169.254.169.254"
_PATH = f"/computeMetadata/v1/instance/service-accounts/default/token?scopes={quote(CLOUD_SCOPE, safe='')}"
_HEADERS: Headers = (("metadata-flavor", "Google"),)


class GoogleMetadata:
    """Asks the metadata server for a token of the machine's service account."""

    def __init__(self, host: str = METADATA_HOST) -> None:
        """`host` may carry a port."""
        self.url = f"http://{host}{_PATH}"

    @property
    def identity(self) -> str:
        """See `Source`."""
        return f"service account of this machine ({self.url.split('/')[2]})"

    def ask(self, wall: float, read_file: ReadFile) -> Asking:
        """See `Source`."""
        del read_file
        response = yield Outgoing(self.url, _HEADERS, b"", "GET")
        return access_token(response, wall)
