"""Alignment: where does a continuation join the text that the caller has already seen?

We ask a model for the rest and quote the last words (the anchor), to be repeated. Models answer in three ways, and the
aligner must tell them apart by the text alone:

1. it goes on exactly where the text ended: nothing overlaps, everything is new;
2. it repeats some of the tail (as asked): the overlap is suppressed;
3. it starts again from the beginning with the same words: all that is known is suppressed.

Cases 2 and 3 are one: the continuation begins with an end of what was sent, and case 3 is the longest end. Only an
exact overlap counts, and only the longest. By its length (white space or an ellipsis before it does not count):

- fewer than `OVERLAP_MIN` characters, unless they are all that was sent: chance, no overlap;
- from `OVERLAP_SURE` on, or all that was sent, or standing once only in what was sent: a repetition;
- what remains is short and stands there more than once ("the", a closing bracket): a repetition or a text that says
  it twice, nobody can tell. Lost.

A repetition of at least `OVERLAP_MIN` characters is lost too when the text loops around the seam (`0, 0, 0, `): how
much was repeated cannot be counted.

Without overlap the continuation is taken for case 1, unless the seam speaks against it (`is_plausible_seam`). When the
text is lost for us, the caller gets the honest error (law 3). What cannot be seen: a model that goes on exactly, with
a word that truly stands twice in a row at the seam and nowhere else ("very" + "very"), is taken for one that repeats.
"""

import re
from enum import Enum

from mainstay.engine.overlap import Overlap, common_prefix_length

OVERLAP_SURE = 24
"""An overlap of this many characters is a repetition, even if they stand elsewhere in the text as well."""
OVERLAP_MIN = 4
"""An overlap of fewer characters is chance."""
LOOP_CHARACTERS_MAX = 100
"""The longest loop that is looked for, and how far it is followed into the continuation."""
RESTART_MIN = 12
"""A continuation that repeats this much of the answer's beginning and then differs contradicts it."""
ANCHOR_REACH = 200
"""A continuation that repeats `OVERLAP_SURE` characters from so near the end and then differs contradicts it."""

LEAD_IN = re.compile(r"\s{0,8}(?:\.\.\.|…)?\s{0,8}")
LEAD_IN_OPEN = re.compile(r"\s{0,8}(?:\.{0,3}|…)\s{0,8}")
"""What may still become a longer lead-in."""
MARKUP = re.compile(r"(?:[#*_>][#*_> ]{0,6})?")
"""What may stand before the first word of a fresh heading, quotation or emphasis."""
LOST_SEAM = -1
INSIDE_SENTENCE = frozenset(",;")


class AlignState(Enum):
    """What is known about the seam."""

    PENDING = "pending"
    ALIGNED = "aligned"
    LOST = "lost"


class Aligner:
    """Takes a continuation piece by piece and gives the text that is new. How the text is cut into pieces makes no
    difference. Held text is bounded by the sent text and about a hundred characters; the work by both lengths."""

    def __init__(self, sent: str, *, trusted: bool) -> None:
        """Align with `sent`. `trusted` continuations (prefill) go on exactly by construction: only a sure overlap makes
        them a repetition, nothing makes them lost. A prefill is sent without its last blanks, so they come again."""
        self.state = AlignState.PENDING
        self._trusted = trusted
        self._sent = sent.rstrip() if trusted else sent
        self._blanks = sent[len(self._sent) :]
        self._held: list[str] = []
        self._lead_in: int | None = None
        self._whole = Overlap(self._sent)
        self._bare = Overlap(self._sent)

    def feed(self, text: str) -> str:
        """Take the next piece of the continuation; give what is new to the caller (nothing while pending)."""
        if self.state is not AlignState.PENDING:
            return text if self.state is AlignState.ALIGNED else ""
        self._held.append(text)
        self._whole.feed(text)
        self._feed_bare(text)
        return self._settle(ended=False)

    def close(self) -> str:
        """The continuation's text is complete: decide with what is there."""
        if self.state is not AlignState.PENDING:
            return ""
        self._whole.close()
        self._bare.close()
        return self._settle(ended=True)

    def _feed_bare(self, text: str) -> None:
        """Follow the text without its lead-in too, as soon as it is clear where the lead-in ends."""
        if self._lead_in is not None:
            self._bare.feed(text)
            return
        head = "".join(self._held)
        if not LEAD_IN_OPEN.fullmatch(head):
            match = LEAD_IN.match(head)
            self._lead_in = match.end() if match else 0
            self._bare.feed(head[self._lead_in :])

    def _settle(self, *, ended: bool) -> str:
        cut = self._seam(ended=ended)
        if cut is None:
            return ""
        self.state = AlignState.LOST if cut == LOST_SEAM else AlignState.ALIGNED
        new = "" if cut == LOST_SEAM else "".join(self._held)[cut:]
        self._held.clear()
        return new

    def _seam(self, *, ended: bool) -> int | None:
        """The number of leading characters to suppress, or `LOST_SEAM`; `None` while undecided."""
        repeated = self._repeated(ended=ended)
        if repeated is None or repeated == LOST_SEAM:
            return repeated
        text = "".join(self._held)
        if self._trusted:
            blanks = repeated_blanks(self._blanks, text[repeated:], ended=ended)
            return None if blanks is None else repeated + blanks
        if repeated:
            return repeated
        if MARKUP.fullmatch(text) and not ended:
            return None
        return 0 if is_plausible_seam(self._sent, text) else LOST_SEAM

    def _repeated(self, *, ended: bool) -> int | None:
        """How much is lead-in and repetition; 0 without overlap. Else as `_seam`."""
        whole, bare = self._whole.length, self._bare.length
        if whole is None or bare is None:
            return None
        start, length = (self._lead_in or 0, bare) if bare > whole else (0, whole)
        if is_chance(self._sent, length):
            return 0
        is_repetition = self._is_repetition(start, length, ended=ended)
        if is_repetition is not False:
            return start + length if is_repetition else None
        return 0 if self._trusted else LOST_SEAM

    def _is_repetition(self, start: int, length: int, *, ended: bool) -> bool | None:
        """Whether the overlap surely repeats what was sent; `None` while the text is too short to tell."""
        if self._trusted:
            is_believable = length >= OVERLAP_MIN and is_sure(self._sent, length)
        else:
            is_believable = is_sure(self._sent, length) or is_unique(self._sent, length)
        if not is_believable or length < OVERLAP_MIN:
            return is_believable
        loops = loops_at_seam(self._sent, "".join(self._held)[start:], length, ended=ended)
        return None if loops is None else not loops


def is_chance(sent: str, overlap: int) -> bool:
    """Whether an overlap of this length means nothing."""
    return overlap < OVERLAP_MIN and not 0 < overlap == _length_said(sent)


def is_sure(sent: str, overlap: int) -> bool:
    """Whether an overlap of this length is a repetition whatever it says."""
    return overlap >= min(OVERLAP_SURE, _length_said(sent))


def is_unique(sent: str, overlap: int) -> bool:
    """Whether what overlaps stands once only in what was sent."""
    return sent.find(sent[-overlap:]) == len(sent) - overlap


def _length_said(sent: str) -> int:
    """Length of the whole text as a model repeats it: the blanks before its first word may be missing."""
    return len(sent.lstrip() or sent)


def loops_at_seam(sent: str, text: str, overlap: int, *, ended: bool) -> bool | None:
    """Whether what both sides of the seam share is said twice in a row even after `text` has lost it; `None` while
    `text` is too short to tell."""
    said = sent[-overlap:]
    if _is_loop(said):
        return True
    size = min(overlap, LOOP_CHARACTERS_MAX)
    before = sent[max(0, len(sent) - overlap - size) : len(sent) - overlap]
    rest = size - common_prefix_length(before[::-1], said[::-1])
    after = text[overlap : overlap + rest]
    if after != said[: len(after)]:
        return False
    return True if len(after) == rest else (False if ended else None)


def repeated_blanks(blanks: str, text: str, *, ended: bool) -> int | None:
    """Length of the blanks if `text` begins with all of them, else 0; `None` while `text` is too short to tell."""
    if len(text) < len(blanks) and blanks.startswith(text) and not ended:
        return None
    return len(blanks) if text.startswith(blanks) else 0


def is_plausible_seam(sent: str, text: str) -> bool:
    """Whether `text`, which overlaps nothing, can be the very next text after `sent`.

    It cannot when it says what was said before, at the beginning or near the end, and then differs; nor when it glues
    a fresh sentence to the middle or the end of another one without a blank. Names and nouns with a capital do not
    suffer, since the tokens of a running text begin with their blank.
    """
    return not sent or not text or not (_contradicts(sent, text) or _glues_a_sentence(sent, text))


def _contradicts(sent: str, text: str) -> bool:
    beginning = sent if text[0].isspace() else sent.lstrip()
    shared = common_prefix_length(beginning, text)
    if shared >= RESTART_MIN and sent.count(text[:shared]) == 1:
        return True
    head = text[:OVERLAP_SURE]
    position = sent.find(head, max(0, len(sent) - ANCHOR_REACH))
    return len(head) == OVERLAP_SURE and position >= 0 and sent.find(head) == position


def _glues_a_sentence(sent: str, text: str) -> bool:
    markup = MARKUP.match(text)
    first = text[markup.end() :][:1] if markup else ""
    if not first.isupper():
        return False
    last = sent[-1]
    if last.isspace():
        return _is_inside_sentence(sent)
    return last.islower() or last in ".!?,;:"


def _is_inside_sentence(sent: str) -> bool:
    """Whether `sent`, which ends with blanks, breaks off in the middle of a sentence."""
    words = sent.rstrip()
    tail = sent[len(words) :]
    return "\n" not in tail and bool(words) and (words[-1].isalnum() or words[-1] in INSIDE_SENTENCE)


def _is_loop(text: str) -> bool:
    """Whether the text says one piece of at most `LOOP_CHARACTERS_MAX` characters one and a half times or more."""
    head = text[: 2 * LOOP_CHARACTERS_MAX]
    period = next((size for size in range(1, len(head) * 2 // 3 + 1) if head[size:] == head[:-size]), None)
    return period is not None and text[period:] == text[:-period]
