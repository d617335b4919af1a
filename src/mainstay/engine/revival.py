"""Revival: an exchange whose stream stood still is taken up again from what its caller had been given.

Its caller was cut off, or the gateway died. What was delivered is read back as frames; then the exchange goes on as it
would have after a cut: nothing seen yet means a fresh start, a complete answer needs its end, text is continued.
"""

from collections.abc import Sequence

import msgspec

from mainstay.engine import faults
from mainstay.engine.board import Board
from mainstay.engine.exchange import conclude, serve
from mainstay.engine.progress import Conversation, Progress, Ticket
from mainstay.engine.purse import Purse
from mainstay.engine.recovery import recover
from mainstay.model.call import Call
from mainstay.model.catalogue import Menu
from mainstay.model.commands import Finish
from mainstay.model.frame import Frame, FrameKind
from mainstay.model.ports import Dialect, Keys, Passages

CONTENT = frozenset({FrameKind.TEXT, FrameKind.THINKING, FrameKind.TOOL, FrameKind.OPAQUE, FrameKind.FINISH})


class Kept(msgspec.Struct, frozen=True):
    """What a caller had been given. `begun`: the response had begun, at least with a keep-alive. `upstream` and `model`
    name who served, where anybody did."""

    begun: bool = False
    frames: Sequence[Frame] = ()
    upstream: str = ""
    model: str = ""


def revived(  # noqa: PLR0913 - everything that one exchange is made of
    kept: Kept,
    ticket: Ticket,
    call: Call,
    menu: Menu,
    dialect: Dialect,
    board: Board,
    *,
    passages: Passages,
    keys: Keys,
    purse: Purse | None = None,
) -> Conversation:
    """Go on with an exchange. Ends like `exchange`."""
    progress = Progress(ticket, call, menu, dialect, board, passages=passages, keys=keys, purse=purse)
    try:
        fault = yield from _go_on(progress, kept)
        return (yield from conclude(progress, fault))
    finally:
        progress.close()


def _go_on(progress: Progress, kept: Kept) -> Conversation:
    progress.begun = kept.begun
    caller = progress.caller
    if caller is None or not any(frame.kind in CONTENT for frame in kept.frames):
        return (yield from serve(progress))
    progress.committed = True
    progress.status = 200
    progress.served_by = next(
        (one for one in progress.candidates if (one.upstream.name, one.model) == (kept.upstream, kept.model)), None
    )
    for frame in kept.frames:
        caller.relayed(frame)
        if frame.text:
            progress.add_text(frame.text)
    if any(frame.kind is FrameKind.END for frame in kept.frames):
        yield Finish()
        return None
    return (yield from recover(progress, caller, [], faults.interrupted()))
