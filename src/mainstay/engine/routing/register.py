"""Which of two accounts of the same order counts. Any order of hearing, and hearing twice, ends in the same."""

from collections.abc import Mapping

import msgspec

from mainstay.model.orders import Order

_encoder = msgspec.json.Encoder(order="deterministic")


def newer(one: Order, other: Order) -> Order:
    """The account with the higher revision; of two changes that were made at once the same one wins everywhere: an end
    before anything else, then by the letters."""
    return one if _rank(one) >= _rank(other) else other


def merged(known: Mapping[str, Order], told: Order) -> Order | None:
    """The account that counts from now on, if it is not the one that is known already."""
    before = known.get(told.id)
    if before is None:
        return told
    winner = newer(before, told)
    return None if winner == before else winner


def _rank(order: Order) -> tuple[int, bool, bytes]:
    return order.revision, order.ended_at is not None, _encoder.encode(order)
