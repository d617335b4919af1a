"""Texts as models write them, for tests of alignment: hardly anything in them is said twice in a row."""

from itertools import product

import msgspec
from hypothesis import strategies as st

SYLLABLES = [onset + vowel for onset, vowel in product("bdfgklmnprstvz", "aeiou")]
WORDS = [first + second + "n" for first, second in product(SYLLABLES, SYLLABLES) if first[0] < second[0]]

ENGLISH = """The gateway keeps answering when a provider goes down. It reads the request once, asks the first \
candidate, and listens. If that candidate refuses, the next one is asked at once; if the stream breaks in the \
middle of a sentence, another candidate is asked for the rest. The caller sees one answer, whole and without a seam.

How is the seam found? The last words are quoted, and the model is asked to repeat them. Some models do, some go on \
where the text ended, and some start again from the beginning. In New York, on Monday, Dr. Smith measured it: of 1,000 \
answers 998 were joined, and for 2 the caller got an honest error. "Better an error than a lie," she wrote.

- **First**: the text is held until it is clear where it joins.
- **Second**: what is known already is suppressed.
- **Third**: what contradicts the answer is refused."""

GERMAN = """Das Gateway antwortet weiter, wenn ein Anbieter ausfällt. Es liest die Anfrage, fragt den ersten \
Kandidaten und wartet auf Antwort. Bricht der Strom mitten im Satz ab, so übernimmt ein anderer Kandidat den Rest \
der Arbeit. Der Aufrufer sieht eine einzige Antwort, ohne Naht und ohne Lücke. Am Montag prüfte Frau Müller in Köln \
tausend Fälle: Kein Wort fehlte, kein Satz stand doppelt, und über jeden Fehler gab das Protokoll Auskunft."""


def _sentences(words: list[str]) -> str:
    """Prose with a few words that return all the time."""
    glue = ["the", "of", "and a", "", "in the"]
    lines = [words[at : at + 6] for at in range(0, len(words), 6)]
    said = (" ".join(f"{glue[len(word) % 5]} {word}".strip() for word in line).capitalize() for line in lines)
    return ". ".join(said) + "."


def _german(words: list[str]) -> str:
    return " ".join(f"Der {word.title()} mit {word[::-1].title()}, über den {word}t wird." for word in words[:12])


def _numbered(words: list[str]) -> str:
    return " ".join(f"{word}{number}" for number, word in enumerate(words, 10))


def _code(words: list[str]) -> str:
    triples = zip(words[::3], words[1::3], words[2::3], strict=False)
    return "\n\n".join(
        f"def {one}({two}: int) -> int:\n    {two}_{three} = get{three.title()}({two})\n    return {three}.{one}\n"
        for one, two, three in triples
    )


def _json(words: list[str]) -> str:
    rows = [{"name": word, "rank": rank, "tags": [word[::-1]]} for rank, word in enumerate(words)]
    return msgspec.json.format(msgspec.json.encode(rows)).decode()


def _markdown(words: list[str]) -> str:
    parts = zip(words[::2], words[1::2], strict=False)
    return "\n\n".join(f"## {one.title()}\n\n- **{two}**: {one[::-1]} `{two[::-1]}`" for one, two in parts)


def _characters(first: int, stop: str) -> st.SearchStrategy[str]:
    """Every character once, with a stop now and then."""
    points = st.lists(st.integers(first, first + 250), unique=True, min_size=25, max_size=80)
    return points.map(lambda all_: "".join(chr(one) + (stop if one % 7 == 0 else "") for one in all_))


_word_lists = st.lists(st.sampled_from(WORDS), unique=True, min_size=12, max_size=40)

answers = st.one_of(
    *(_word_lists.map(write) for write in (_sentences, _german, _numbered, _code, _json, _markdown)),
    _characters(0x4E00, "。"),
    _characters(0x1F300, " "),
)
"""Prose, German, numbered words, Python, JSON, Markdown, Chinese, emoji."""
