"""Digests that stand for a text: the same text always has the same one, so that nobody must remember it."""

from hashlib import blake2b


def digest(text: str, characters: int) -> str:
    """So many hexadecimal characters (an even number, at most 128). Any text has them, lone surrogates included."""
    return blake2b(text.encode(errors="surrogatepass"), digest_size=characters // 2).hexdigest()


def within(text: str, characters_max: int) -> str:
    """The text itself where it is short enough, else its digest of just that length, as good at telling texts apart."""
    return text if len(text) <= characters_max else digest(text, characters_max)
