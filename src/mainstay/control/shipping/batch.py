"""What is read of a journal at once, and how it goes to the store. Decides nothing about when."""

from typing import Final

import msgspec

from mainstay.control.shipping.sound import sound_part
from mainstay.ledger.chain import Anchor, Chain
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.errors import DamagedStoreError
from mainstay.ledger.schema import Segment
from mainstay.ledger.store.errors import RecordRefusedError
from mainstay.ledger.store.port import Gap, Store

BATCH_BYTES: Final = 2_000_000
"""About so many bytes of records go to the store at once."""


class Place(msgspec.Struct, frozen=True):
    """How far the store has a chain: its last record, and the record of its newest checkpoint."""

    position: Anchor
    checkpoint: int = 0


class Batch(msgspec.Struct, frozen=True):
    """What a journal has behind a place, at one instant. `end` is `None` where damage hides it; `damage` says why there
    are no segments although there may be records."""

    chain: Chain
    anchor: Anchor
    end: Anchor | None
    segments: tuple[Segment, ...] = ()
    checkpoints: tuple[tuple[int, str], ...] = ()
    damage: str = ""


class Stop(msgspec.Struct, frozen=True):
    """Why a chain cannot be shipped any further (kinds: see `status.Finding`)."""

    kind: str
    message: str


class Step(msgspec.Struct, frozen=True):
    """What one batch came to: the new place; whether there is more to ship; `gap`, records that neither store nor
    journal has; `stop`, why it does not go on."""

    place: Place
    more: bool = False
    gap: Gap | None = None
    stop: Stop | None = None


def read_batch(reader: ChainReader, place: Place, bytes_max: int = BATCH_BYTES) -> Batch:
    """Read what comes behind `place`. Raises `StoreError` where the file cannot be read at all."""
    # At one instant, for the gateway may prune meanwhile.
    with reader.frozen():
        found = Batch(reader.chain(), reader.anchor(), _end(reader))
        try:
            segments = tuple(reader.segments_after(place.position.sequence, bytes_max))
            checkpoints = tuple(reader.numbered_checkpoints_after(place.checkpoint))
        except DamagedStoreError as error:
            return msgspec.structs.replace(found, damage=str(error))
        return msgspec.structs.replace(found, segments=segments, checkpoints=checkpoints)


def deliver(batch: Batch, store: Store, place: Place, wall: float) -> Step:
    """Bring a batch that was read behind `place` to the store. Raises `StoreError` where the store does not take it."""
    position, end = place.position, batch.end
    if end is not None and end.sequence < position.sequence:
        what = f"the journal ends with record {end.sequence}, but the store has {position.sequence}: it was set back"
        return Step(place, stop=Stop("journal-behind-store", what))
    if batch.anchor.sequence > position.sequence:
        gap = Gap(position.sequence + 1, batch.anchor.sequence, batch.anchor.digest, wall)
        store.admit_gap(batch.chain, gap)
        return Step(Place(batch.anchor, place.checkpoint), more=True, gap=gap)
    if batch.damage:
        return Step(place, stop=Stop("journal-unreadable", f"behind record {position.sequence}: {batch.damage}"))
    return _ship(batch, store, place)


def is_same_record(reader: ChainReader, position: Anchor) -> bool:
    """Whether the journal, where it still has it, has the same record as the store at the store's position. Raises
    `StoreError`."""
    ours = reader.digest_at(position.sequence) if position.sequence else None
    return ours is None or ours == position.digest


def _end(reader: ChainReader) -> Anchor | None:
    try:
        return reader.end()
    except DamagedStoreError:
        return None


def _ship(batch: Batch, store: Store, place: Place) -> Step:
    sound = sound_part(batch.segments, place.position)
    last = max(sound.segments[-1].last_sequence if sound.segments else 0, place.position.sequence)
    checkpoints = [one for one in batch.checkpoints if one[0] <= last]
    if sound.segments or checkpoints:
        try:
            position = store.append(batch.chain, sound.segments, checkpoints)
        except RecordRefusedError as error:
            return Step(place, stop=Stop("store-disagrees", str(error)))
        place = Place(position, checkpoints[-1][0] if checkpoints else place.checkpoint)
    if sound.flaw is None:
        at_end = batch.end is not None and place.position.sequence >= batch.end.sequence
        return Step(place, more=bool(batch.segments) and not at_end)
    flaw = sound.flaw
    kind = "store-disagrees" if flaw.sequence <= place.position.sequence else "journal-broken"
    return Step(place, stop=Stop(kind, f"record {flaw.sequence}{f' ({flaw.id})' if flaw.id else ''}: {flaw.what}"))
