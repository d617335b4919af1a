"""Who else is there: the processes that were heard of lately."""

import msgspec

PEERS_MAX = 1_000
FORGOTTEN_SECONDS = 60.0
PREFERRED_SECONDS = 2.0
"""After so long without a word by the better transport, the other one is listened to."""
SILENCE_SECONDS = 2.0
"""Who gave no sign of life for so long is not heard any more."""
WHOLE_SECONDS = 7.0
"""Within so long everybody tells everything he knows, which is what undoes a silence: a sign of life alone does not."""
BEGINNING_SECONDS = 10.0
"""Whom we hear for the first time after this has perhaps been there all the time."""


class _Peer(msgspec.Struct):
    heard_at: float
    transport: int
    """The best one by which it was heard lately; a lower number is better."""
    transport_at: float
    whole_at: float
    """From when on we know what it has told others while we did not hear it."""


class Peers:
    """Processes by node, with the engine's instant at which each was heard last."""

    def __init__(self, now: float = 0.0) -> None:
        """Nobody was heard of yet; we begin to listen `now`."""
        self._peers: dict[str, _Peer] = {}
        self._began_at = now

    def heard(self, node: str, transport: int, now: float) -> bool:
        """Note a sign of life. False where the same is heard by a better transport anyhow."""
        peer = self._peers.get(node)
        if peer is None:
            if len(self._peers) >= PEERS_MAX:
                self._forget(now)
            if len(self._peers) < PEERS_MAX:
                self._peers[node] = _Peer(now, transport, now, self._whole_at(now))
            return True
        if now - peer.heard_at > SILENCE_SECONDS:
            peer.whole_at = now + WHOLE_SECONDS
        peer.heard_at = now
        if transport > peer.transport and now - peer.transport_at < PREFERRED_SECONDS:
            return False
        peer.transport, peer.transport_at = transport, now
        return True

    def everybody(self, now: float) -> dict[str, float]:
        """When each was heard last; who is silent for long is forgotten."""
        self._forget(now)
        return {node: peer.heard_at for node, peer in self._peers.items()}

    def whole_within(self, seconds: float, now: float) -> frozenset[str]:
        """Who was heard within so many seconds, and has had the time to tell what we missed while he was silent."""
        self._forget(now)
        return frozenset(
            node for node, peer in self._peers.items() if peer.heard_at >= now - seconds and peer.whole_at <= now
        )

    def count(self) -> int:
        """How many are remembered."""
        return len(self._peers)

    def _whole_at(self, now: float) -> float:
        return now if now - self._began_at <= BEGINNING_SECONDS else now + WHOLE_SECONDS

    def _forget(self, now: float) -> None:
        for node in [node for node, peer in self._peers.items() if now - peer.heard_at > FORGOTTEN_SECONDS]:
            del self._peers[node]
