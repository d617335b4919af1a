"""A shared store in memory that knows our scripts. `test_mirror_store` holds it against a real one."""

from collections.abc import Callable

from mainstay.gateway.drafts import claiming, mirror_store
from mainstay.gateway.shared.port import Answer, SharedTroubleError, Value


def raw(value: Value) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


class Cloud:
    """Several processes share one. Time passes only when a test says so; `paused`: it answers nobody in time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.paused = False
        self.calls: list[str] = []
        self.strings: dict[bytes, bytes] = {}
        self.sets: dict[bytes, set[bytes]] = {}
        self._until: dict[bytes, float] = {}
        self._scripts: dict[str, Callable[[list[bytes], list[bytes]], Answer]] = {
            mirror_store._PUT: self._put,
            mirror_store._LOOK: self._look,
            mirror_store._KEEP: self._keep,
            mirror_store._TAKE: self._take,
            mirror_store._BEAT: self._beat,
            mirror_store._LEAVE: self._leave,
            mirror_store._WISH: self._wish,
            claiming._CLAIM: self._claim,
            claiming._RELEASE: self._leave,
        }

    @property
    def trouble(self) -> str | None:
        return "paused" if self.paused else None

    async def call(self, *command: Value) -> Answer:
        name = str(command[0])
        self.calls.append(name)
        if self.paused:
            raise SharedTroubleError("no answer within 50 ms")
        words = [raw(one) for one in command[1:]]
        if name == "EVAL":
            keys = 2 + int(words[1])
            return self._scripts[str(command[1])](words[2:keys], words[keys:])
        if name == "SET":
            self._set(words[0], words[1], words[3])
            return b"OK"
        if name == "GET":
            return self._get(words[0])
        assert name == "DEL", name
        self.strings.pop(words[0], None)
        return 1

    def _get(self, key: bytes) -> bytes | None:
        if self._until.get(key, float("inf")) <= self.now:
            self.strings.pop(key, None)
            self._until.pop(key, None)
        return self.strings.get(key)

    def _set(self, key: bytes, value: bytes, seconds: bytes | None = None) -> None:
        self.strings[key] = value
        self._until.pop(key, None)
        if seconds is not None:
            self._until[key] = self.now + float(seconds)

    def _put(self, keys: list[bytes], words: list[bytes]) -> Answer:
        answer: list[Answer] = []
        for number in range(0, len(keys), 2):
            epoch, offset, data = words[2 + number // 2 * 3 : 5 + number // 2 * 3]
            mine, at = words[1] + b" " + epoch, int(offset)
            if not at and self._get(keys[number + 1]) is None:
                self._set(keys[number + 1], mine)
            copy = self._get(keys[number]) or b""
            if self._get(keys[number + 1]) != mine:
                answer.append(-1)
            elif at > len(copy):
                answer.append(-2)
            else:
                whole = data if not at else bytes(copy[:at]) + data + bytes(copy[at + len(data) :])
                self._set(keys[number], whole, words[0])
                answer.append(at + len(data))
        return answer

    def _look(self, keys: list[bytes], words: list[bytes]) -> Answer:
        writer = self._get(keys[1])
        if writer is None:
            return []
        copy = bytes(self._get(keys[0]) or b"")
        node, token, _ = bytes(writer).split(b" ")
        start, length, state = int(words[0]), int(words[1]), int(words[3])
        lives = self._get(words[2] + node) == token
        return [copy[start : start + length], len(copy), bytes(writer), int(lives), copy[state : state + 1]]

    def _keep(self, keys: list[bytes], words: list[bytes]) -> Answer:
        writer, epoch = self._get(keys[0]), 1
        if writer is not None:
            node, _, before = bytes(writer).split(b" ")
            if words[3] == b"0" and node != words[1]:
                return 0
            epoch = int(before) + 1
        self._set(keys[0], b"%b %b %d" % (words[1], words[2], epoch), words[0])
        self._set(keys[1], words[2], words[4])
        return epoch

    def _take(self, keys: list[bytes], words: list[bytes]) -> Answer:
        if self._get(keys[0]) != words[3]:
            return 0
        epoch = int(words[3].split(b" ")[2]) + 1
        self._set(keys[0], b"%b %b %d" % (words[1], words[2], epoch), words[0])
        self._set(keys[1], words[2], words[4])
        return epoch

    def _beat(self, keys: list[bytes], words: list[bytes]) -> Answer:
        self._set(keys[0], words[0], words[1])
        wishes = sorted(self.sets.pop(keys[1], set()))
        at_once = int(words[2])
        if wishes[at_once:]:
            self.sets[keys[1]] = set(wishes[at_once:])
        return list(wishes[:at_once])

    def _leave(self, keys: list[bytes], words: list[bytes]) -> Answer:
        if self._get(keys[0]) == words[0]:
            del self.strings[keys[0]]
        return 0

    def _wish(self, keys: list[bytes], words: list[bytes]) -> Answer:
        wishes = self.sets.setdefault(keys[0], set())
        if len(wishes) >= int(words[2]):
            return 0
        wishes.add(words[0])
        return 1

    def _claim(self, keys: list[bytes], words: list[bytes]) -> Answer:
        known = self._get(keys[0])
        if known is not None and known != words[2]:
            return bytes(known)
        self._set(keys[0], words[0], words[1])
        return b""
