"""Keys that never change: the secret is what stands in the configuration."""

from mainstay.model.catalogue import Credential


class StaticKeys:
    """`model.ports.Keys` for credentials that are sent as they are."""

    def living(self, upstream: str, credential: Credential, wall: float) -> str | None:  # noqa: ARG002 (they do not age)
        """The secret itself; `None` for one that would have to be exchanged first."""
        return None if credential.renewed else credential.key

    def rejected(self, upstream: str, credential: Credential) -> None:
        """Nothing can be done about a static key."""
