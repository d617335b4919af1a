"""Who else is there: the processes that were heard of lately."""

import msgspec

PEERS_MAX = 1_000
FORGOTTEN_SECONDS = 60.0
PREFERRED_SECONDS = 2.0
"""After so long without a word by the better transport, the other one is listened to."""


class _Peer(msgspec.Struct):
    heard_at: float
    transport: int
    """The best one by which it was heard lately; a lower number is better."""
    transport_at: float


class Peers:
    """Processes by node, with the engine's instant at which each was heard last."""

    def __init__(self) -> None:
        """Nobody was heard of yet."""
        self._peers: dict[str, _Peer] = {}

    def heard(self, node: str, transport: int, now: float) -> bool:
        """Note a sign of life. False where the same is heard by a better transport anyhow."""
        peer = self._peers.get(node)
        if peer is None:
            if len(self._peers) >= PEERS_MAX:
                self._forget(now)
            if len(self._peers) < PEERS_MAX:
                self._peers[node] = _Peer(now, transport, now)
            return True
        peer.heard_at = now
        if transport > peer.transport and now - peer.transport_at < PREFERRED_SECONDS:
            return False
        peer.transport, peer.transport_at = transport, now
        return True

    def everybody(self, now: float) -> dict[str, float]:
        """When each was heard last; who is silent for long is forgotten."""
        self._forget(now)
        return {node: peer.heard_at for node, peer in self._peers.items()}

    def count(self) -> int:
        """How many are remembered."""
        return len(self._peers)

    def _forget(self, now: float) -> None:
        for node in [node for node, peer in self._peers.items() if now - peer.heard_at > FORGOTTEN_SECONDS]:
            del self._peers[node]
