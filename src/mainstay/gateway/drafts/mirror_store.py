"""Copies of drafts in a shared Valkey or Redis: the sealed bytes of the files, who writes them, what is wished of whom.

Each step is one script, so it happens at once or not at all, and may be repeated when its answer was lost. The writer
of a copy is `<node> <token> <epoch>`; whoever takes an exchange over counts the epoch on, and a writer of an earlier
epoch (a gateway that was paused and woke up) is turned away.
"""

from typing import Final

import msgspec

from mainstay.gateway.drafts.links import EXCHANGE_ID_BYTES_MAX, link_name
from mainstay.gateway.drafts.owner import Owner
from mainstay.gateway.drafts.places import is_exchange_id
from mainstay.gateway.drafts.seal import STATE_AT
from mainstay.gateway.drafts.wishes import WISHES_AT_ONCE, Wish, read_wish
from mainstay.gateway.shared.port import Answer, Shared, Value

ALIVE_SECONDS: Final = 5
"""A process that has not been heard of for so long is gone."""
PIECE_BYTES_MAX: Final = 512 * 1024
WISHES_MAX: Final = 10_000
TURNED_AWAY: Final = -1
HOLE: Final = -2

_DRAFT, _WRITER = "mainstay:draft:", "mainstay:writer:"
_RESPONSE, _ALIVE, _WISHES = "mainstay:response:", "mainstay:alive:", "mainstay:wishes:"

_PUT: Final = """
local answer = {}
for i = 1, #KEYS, 2 do
  local a = 3 + (i - 1) / 2 * 3
  local mine, offset, data = ARGV[2] .. ' ' .. ARGV[a], tonumber(ARGV[a + 1]), ARGV[a + 2]
  local writer = redis.call('GET', KEYS[i + 1])
  if offset == 0 and not writer then
    writer = mine
    redis.call('SET', KEYS[i + 1], mine)
  end
  if writer ~= mine then
    answer[#answer + 1] = -1
  elseif offset > redis.call('STRLEN', KEYS[i]) then
    answer[#answer + 1] = -2
  else
    if offset == 0 then
      redis.call('SET', KEYS[i], data)
    else
      redis.call('SETRANGE', KEYS[i], offset, data)
    end
    redis.call('EXPIRE', KEYS[i], ARGV[1])
    redis.call('EXPIRE', KEYS[i + 1], ARGV[1])
    answer[#answer + 1] = offset + #data
  end
end
return answer
"""
_LOOK: Final = """
local writer = redis.call('GET', KEYS[2])
if not writer then return {} end
local node, token = string.match(writer, '^(%S+) (%S+) ')
local lives = node and redis.call('GET', ARGV[3] .. node) == token
return {redis.call('GETRANGE', KEYS[1], ARGV[1], ARGV[1] + ARGV[2] - 1), redis.call('STRLEN', KEYS[1]), writer,
  lives and 1 or 0, redis.call('GETRANGE', KEYS[1], ARGV[4], ARGV[4])}
"""
_KEEP: Final = """
local writer = redis.call('GET', KEYS[1])
local epoch = 1
if writer then
  local node, before = string.match(writer, '^(%S+) %S+ (%d+)$')
  if ARGV[4] == '0' and node ~= ARGV[2] then return 0 end
  epoch = tonumber(before or '0') + 1
end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[3] .. ' ' .. epoch, 'EX', ARGV[1])
redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[5])
return epoch
"""
_TAKE: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[4] then return 0 end
local epoch = tonumber(string.match(ARGV[4], '(%d+)$') or '0') + 1
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[3] .. ' ' .. epoch, 'EX', ARGV[1])
redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[5])
return epoch
"""
_BEAT: Final = """
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return redis.call('SPOP', KEYS[2], ARGV[3])
"""
_LEAVE: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 0"
_WISH: Final = """
if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
"""


class Piece(msgspec.Struct, frozen=True):
    """Bytes of a draft's file that are to stand at an offset of its copy, written in an epoch."""

    exchange_id: str
    epoch: int
    offset: int
    data: bytes


class Copy(msgspec.Struct, frozen=True):
    """A stretch of a copy: its state and bytes, how many the whole copy has, who writes it and whether that process
    lives."""

    state: bytes
    data: bytes
    size: int
    writer: str
    is_alive: bool

    @property
    def node(self) -> str:
        """The worker that writes it."""
        return self.writer.partition(" ")[0]


class MirrorStore:
    """Every method may raise `SharedTroubleError`."""

    def __init__(self, shared: Shared, owner: Owner, keep_seconds: float) -> None:
        """`owner` is this process; nothing is kept longer than `keep_seconds`."""
        self._shared = shared
        self._owner = owner
        self._keep_seconds = max(1, int(keep_seconds))

    async def put(self, pieces: tuple[Piece, ...]) -> tuple[int, ...]:
        """Add to copies. For each piece the size that its copy has now, `TURNED_AWAY` where another process writes it,
        or `HOLE` where what stands before the piece is missing."""
        keys = [key for one in pieces for key in (_DRAFT + one.exchange_id, _WRITER + one.exchange_id)]
        content: list[Value] = [part for one in pieces for part in (one.epoch, one.offset, one.data)]
        answer = await self._run(_PUT, keys, [self._keep_seconds, str(self._owner), *content])
        sizes = [one for one in answer if isinstance(one, int)] if isinstance(answer, list) else []
        return tuple(sizes) if len(sizes) == len(pieces) else (HOLE,) * len(pieces)

    async def look(self, exchange_id: str, offset: int) -> Copy | None:
        """A stretch of a copy from an offset on; `None` where there is none."""
        keys = [_DRAFT + exchange_id, _WRITER + exchange_id]
        answer = await self._run(_LOOK, keys, [offset, PIECE_BYTES_MAX, _ALIVE, STATE_AT])
        match answer:
            case [bytes(data), int(size), bytes(writer), int(alive), bytes(state)]:
                return Copy(state, data, size, writer.decode("latin-1"), bool(alive)) if size else None
        return None

    async def keep(self, exchange_id: str, *, by_force: bool) -> int:
        """Go on with a draft that stands here on disk: the epoch to write in, or 0 where another node has gone on with
        it. `by_force`: it was moved here, so nobody else can."""
        return await self._become_writer(_KEEP, exchange_id, int(by_force))

    async def take(self, exchange_id: str, writer: str) -> int:
        """Take over what this writer left: the epoch to write in, or 0 where somebody was faster."""
        return await self._become_writer(_TAKE, exchange_id, writer)

    async def remove(self, exchange_id: str) -> None:
        """Forget a copy. Its writer stays known, so that it is not taken for new."""
        await self._shared.call("DEL", _DRAFT + exchange_id)

    async def link(self, response_id: str, exchange_id: str) -> None:
        """Remember which exchange gave a response."""
        await self._shared.call("SET", _RESPONSE + link_name(response_id), exchange_id, "EX", self._keep_seconds)

    async def find_response(self, response_id: str) -> str | None:
        """The exchange that gave a response."""
        answer = await self._shared.call("GET", _RESPONSE + link_name(response_id))
        text = answer[:EXCHANGE_ID_BYTES_MAX].decode("latin-1") if isinstance(answer, bytes) else ""
        return text if is_exchange_id(text) else None

    async def beat(self) -> tuple[Wish, ...]:
        """Say that this process lives, and take what is wished of it."""
        keys = [_ALIVE + self._owner.node, _WISHES + self._owner.node]
        answer = await self._run(_BEAT, keys, [self._owner.token, ALIVE_SECONDS, WISHES_AT_ONCE])
        names = [one.decode("latin-1") for one in answer if isinstance(one, bytes)] if isinstance(answer, list) else []
        return tuple([wish for wish in map(read_wish, names) if wish is not None])

    async def leave(self) -> None:
        """Say that this process goes."""
        await self._run(_LEAVE, [_ALIVE + self._owner.node], [self._owner.token])

    async def wish(self, wish: Wish, node: str) -> bool:
        """Ask a worker elsewhere to do something, now or when it is back; `False` where too much is asked of it."""
        return bool(_number(await self._run(_WISH, [_WISHES + node], [wish.name, self._keep_seconds, WISHES_MAX])))

    async def lives(self, owner: Owner) -> bool:
        """Whether a process of another machine is there."""
        return await self._shared.call("GET", _ALIVE + owner.node) == owner.token.encode()

    async def _become_writer(self, script: str, exchange_id: str, condition: Value) -> int:
        """Whoever writes says along that it lives."""
        owner = self._owner
        keys = [_WRITER + exchange_id, _ALIVE + owner.node]
        arguments: list[Value] = [self._keep_seconds, owner.node, owner.token, condition, ALIVE_SECONDS]
        return _number(await self._run(script, keys, arguments))

    async def _run(self, script: str, keys: list[str], arguments: list[Value]) -> Answer:
        return await self._shared.call("EVAL", script, len(keys), *keys, *arguments)


def _number(answer: Answer) -> int:
    return answer if isinstance(answer, int) else 0
