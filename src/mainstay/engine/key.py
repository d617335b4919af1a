"""What health and capacity are kept for."""

from typing import NamedTuple


class Key(NamedTuple):
    """One (upstream, model, credential). An empty model means every model of that credential."""

    upstream: str
    model: str
    credential: str
