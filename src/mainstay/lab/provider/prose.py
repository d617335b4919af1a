"""Pleasant text from a seed: the same seed gives the same words everywhere and for ever."""

import hashlib
from functools import lru_cache

_REMEMBERED = 1024
"""Texts kept, so that a rehearsal of 100,000 requests does not compose the same ones again."""
_SENTENCES: tuple[tuple[str, ...], ...] = (
    (
        "quiet", "patient", "silver", "curious", "gentle", "bright", "weathered", "steady", "hidden", "early",
        "distant", "careful", "crooked", "green", "narrow", "warm", "lively", "faithful", "northern", "tidy",
        "naïve", "brave", "mellow", "round", "ancient", "nimble", "grateful", "windy", "plain", "amber",
    ),
    (
        "harbour", "lantern", "gardener", "river", "bridge", "sailor", "library", "orchard", "compass", "café",
        "meadow", "kettle", "pilot", "village", "tower", "ferry", "painter", "market", "clockmaker", "valley",
        "keeper", "letter", "window", "island", "mountain", "baker", "violin", "railway", "heron", "façade",
    ),
    (
        "follows", "remembers", "answers", "carries", "watches", "finds", "crosses", "mends", "welcomes", "borrows",
        "gathers", "paints", "measures", "guards", "visits", "counts", "teaches", "admires", "lifts", "repairs",
        "studies", "greets", "signals", "warms", "sketches", "surprises", "circles", "thanks", "trusts", "outlives",
    ),
    (
        "seven", "those", "several", "our", "their", "a few", "many", "some", "countless", "nine",
        "her", "his", "twelve", "both", "other", "four", "such", "most", "forty", "half of the",
    ),
    (
        "boats", "stories", "bells", "roads", "lamps", "clouds", "maps", "voyages", "gardens", "tides",
        "songs", "neighbours", "seasons", "candles", "hills", "rooftops", "bees", "evenings", "wheels", "jalapeños",
        "stones", "travellers", "apples", "swallows", "harvests", "rivers", "pages", "doorways", "signals", "stars",
    ),
    (
        "before sunrise", "without hurry", "near the shore", "after the rain", "in good company", "by lamplight",
        "along the coast", "until dusk", "despite the fog", "on calm mornings", "beyond the gate", "with great care",
        "under old trees", "between two storms", "once more", "at low tide", "through the winter", "as promised",
    ),
)  # fmt: skip
_OPENINGS = ("The", "Every", "One", "This", "Another", "That", "No", "Each")
_SENTENCES_PER_PARAGRAPH = 4
_MULTIPLIER, _INCREMENT, _MASK = 6364136223846793005, 1442695040888963407, (1 << 64) - 1


class Dice:
    """A small deterministic source of choices, seeded by a text (linear congruential, Knuth's constants)."""

    def __init__(self, seed: str) -> None:
        self._state = int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=8).digest(), "big")

    def below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1."""
        self._state = (self._state * _MULTIPLIER + _INCREMENT) & _MASK
        return (self._state >> 33) % bound


@lru_cache(maxsize=_REMEMBERED)
def prose(seed: str, words: int) -> str:
    """Exactly `words` words (at least one) in sentences and paragraphs; no word stands twice in a row."""
    dice = Dice(seed)
    chosen: list[str] = []
    ends: set[int] = set()
    while len(chosen) < words:
        chosen += _sentence(dice)
        ends.add(len(chosen) - 1)
    ends.add(max(words, 1) - 1)
    return _punctuated(chosen[: max(words, 1)] or ["Yes"], ends)


def _sentence(dice: Dice) -> list[str]:
    sentence = [_OPENINGS[dice.below(len(_OPENINGS))]]
    for bank in _SENTENCES:
        sentence += bank[dice.below(len(bank))].split()
    return sentence


def _punctuated(words: list[str], ends: set[int]) -> str:
    pieces: list[str] = []
    sentences = 0
    for position, word in enumerate(words):
        is_end = position in ends
        sentences += is_end
        pieces.append(word + "." if is_end else word)
        new_paragraph = is_end and sentences % _SENTENCES_PER_PARAGRAPH == 0
        pieces.append("\n\n" if new_paragraph else " ")
    return "".join(pieces[:-1])
