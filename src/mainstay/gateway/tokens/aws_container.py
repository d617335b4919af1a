"""The role of an AWS container: ECS tasks, EKS Pod Identity, and whoever else serves container credentials.

Source: AWS SDKs and tools reference, "Container credential provider".
"""

from mainstay.gateway.tokens.aws_keys import keys_from_json
from mainstay.gateway.tokens.reading import is_sendable, unsafe
from mainstay.gateway.tokens.source import Asking, Discreet, ReadFile, Trouble
from mainstay.model.http import Headers, Outgoing

TASK_SERVICE = "http://169.254.170.2"


class ContainerRole(Discreet, frozen=True):
    """A service that gives keys for a GET, authorised by a token from a file or else by a fixed one."""

    url: str
    authorization_file: str = ""
    authorization: str = ""

    @property
    def identity(self) -> str:
        """See `Source`. The path may be a secret of its own, so it is left out."""
        return f"role of this container ({self.url.partition('://')[2].partition('/')[0]})"

    def ask(self, wall: float, read_file: ReadFile) -> Asking:
        """See `Source`."""
        trouble = unsafe(self.url)
        if trouble is not None:
            return trouble
        authorization = read_file(self.authorization_file) if self.authorization_file else self.authorization
        if isinstance(authorization, Trouble):
            return authorization
        headers: Headers = (("accept", "application/json"),)
        if authorization:
            if not is_sendable(authorization.replace(" ", "_")):
                return Trouble("the authorization of the container credentials cannot stand in a header")
            headers = (*headers, ("authorization", authorization))
        response = yield Outgoing(self.url, headers, b"", "GET")
        return keys_from_json(response, wall)
