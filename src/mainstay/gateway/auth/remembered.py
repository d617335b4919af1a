"""What was decided about texts, for as many of them as have room; those that were not seen for longest make way."""

from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """A bounded memory: so many entries, whose texts together have so many characters."""

    def __init__(self, entries_max: int, characters_max: int) -> None:
        """Empty."""
        self._entries: OrderedDict[str, Value] = OrderedDict()
        self._entries_max = entries_max
        self._characters_max = characters_max
        self._characters = 0

    def get(self, text: str) -> Value | None:
        """What is remembered of this text."""
        found = self._entries.get(text)
        if found is not None:
            self._entries.move_to_end(text)
        return found

    def put(self, text: str, value: Value) -> None:
        """Remember this of the text, in place of what was. A text that alone has no room is not remembered."""
        if len(text) > self._characters_max:
            return
        if text not in self._entries:
            self._characters += len(text)
        self._entries[text] = value
        self._entries.move_to_end(text)
        while len(self._entries) > self._entries_max or self._characters > self._characters_max:
            oldest, _ = self._entries.popitem(last=False)
            self._characters -= len(oldest)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._characters = 0

    def __len__(self) -> int:
        return len(self._entries)
