"""What a status page names: models, the login, the administration, or the API itself.

Providers list neither models nor their login as components. Both are named in titles and texts alone, in the words of
people: "Opus 4.6" for `claude-opus-4-6-20260205`, "sign-in" for the token endpoint.
"""

import re
from functools import lru_cache
from typing import Final

import msgspec

VENDOR_WORDS: Final = frozenset(
    [
        "anthropic",
        "claude",
        "openai",
        "google",
        "meta",
        "mistralai",
        "amazon",
        "azure",
        "us",
        "eu",
        "apac",
        "global",
        "models",
        "model",
        "publishers",
        "latest",
        "preview",
        "instruct",
        "chat",
        "it",
        "v",
    ]
)
"""Parts of a model's name that people leave out."""
VARIANT_WORDS: Final = frozenset(
    [
        "mini",
        "nano",
        "pro",
        "turbo",
        "lite",
        "flash",
        "max",
        "audio",
        "realtime",
        "image",
        "search",
        "codex",
        "small",
        "large",
        "medium",
        "high",
        "fast",
    ]
)
"""After a model's name they make it another model's."""
VARIANT_ENDS: Final = tuple([word] for word in VARIANT_WORDS)
FAMILY_CHARACTERS_MIN: Final = 4
BRANDS: Final = frozenset({"gpt", "gemini", "llama"})
"""Families that are also names of products: alone they name no model."""

REMEMBERED: Final = 4_096
"""A page says the same again and again."""

_JOINED: Final = re.compile(r"(?<=\d)[-_](?=\d{1,2}(?![\d.a-z]))")
_TOKEN: Final = re.compile(r"[a-z]*\d+(?:\.\d+)*[a-z]*|[a-z]+")
_DATE: Final = re.compile(r"\d{4,8}|\d{4}(?:\.\d\d?)+|00\d|v\d+")
_LOGIN: Final = re.compile(
    r"\b(log(?:ging)?[ -]?(?:in|out|ins|outs)|sign(?:ing)?[ -]?(?:in|on|ins|ups?)|auth|oauth|authenticat\w*|"
    r"authoriz\w*|sso|identity|iam|security token service|sts)\b"
)
_ADMIN: Final = re.compile(
    r"\b(admin\w*|console|dashboard|usage|billing|cost reporting|reporting|analytics|workspace settings|api keys?)\b"
)
_ADMIN_API: Final = re.compile(r"\b(?:admin\w*|usage|billing|cost|reporting)(?: and \w+)? apis?\b|\bapi keys?\b")
_INFERENCE: Final = re.compile(
    r"\b(apis?|inference|completions?|responses|messages|generat\w+|bedrock|vertex|openai service|model serving)\b"
)
_WELL: Final = re.compile(
    r"\b(not affected|unaffected|is not impacted|not impacted|working as (?:intended|expected)|works as \w+|"
    r"operating normally|operational|has recovered|have recovered|recovered|unrelated|no impact)\b"
)
_CLAUSE: Final = re.compile(r"[;.!?](?:\s|$)|\s(?:but|while|whereas|however)\s")


class Named(msgspec.Struct, frozen=True):
    """What a text names: models by the upstream's own names, the login, the administration, an API for the
    administration, the API as such."""

    models: frozenset[str] = frozenset()
    login: bool = False
    admin: bool = False
    admin_api: bool = False
    inference: bool = False

    def __or__(self, other: "Named") -> "Named":
        """What either of them names."""
        return Named(
            self.models | other.models,
            self.login or other.login,
            self.admin or other.admin,
            self.admin_api or other.admin_api,
            self.inference or other.inference,
        )


@lru_cache(maxsize=REMEMBERED)
def named_in(text: str, models: tuple[str, ...]) -> Named:
    """What a title or the name of a component names."""
    low = text.lower()
    rest = _ADMIN_API.sub(" ", low)
    return Named(
        _models_in(low, models),
        login=_LOGIN.search(low) is not None,
        admin=_ADMIN.search(low) is not None,
        admin_api=rest != low,
        inference=_INFERENCE.search(rest) is not None,
    )


@lru_cache(maxsize=REMEMBERED)
def troubled_in(text: str, models: tuple[str, ...]) -> Named:
    """What a text names as being in trouble: clauses which say that something is well do not count."""
    found = Named()
    for clause in _CLAUSE.split(text.lower()):
        if clause and not _WELL.search(clause):
            found = found | named_in(clause, models)
    return found


def _models_in(low: str, models: tuple[str, ...]) -> frozenset[str]:
    said = _tokens(low)
    parts = {model: _significant(model) for model in models}
    phrases = _phrases(said, {len(its) for its in parts.values()})
    families = _families(said)
    return frozenset(
        model for model, its in parts.items() if its and (tuple(sorted(its)) in phrases or _family(its) in families)
    )


@lru_cache(maxsize=REMEMBERED)
def _significant(model: str) -> tuple[str, ...]:
    """The parts of a model's name that people say."""
    tokens = _tokens(model.lower().rpartition("/")[2].partition(":")[0])
    return tuple(one for one in tokens if one not in VENDOR_WORDS and not _DATE.fullmatch(one))


def _phrases(said: list[str], lengths: set[int]) -> frozenset[tuple[str, ...]]:
    """All runs of so many words, each in alphabetical order, for people say "Sonnet 3.5" and "3.5 Sonnet"; without
    those that are the beginning of another model's name."""
    return frozenset(
        tuple(sorted(said[start : start + length]))
        for length in lengths
        for start in range(len(said) - length + 1)
        if said[start + length : start + length + 1] not in VARIANT_ENDS
    )


def _families(said: list[str]) -> frozenset[str]:
    """Words beside which no version stands, as in "Opus models"."""
    around = zip(["", *said], said, [*said[1:], ""], strict=False)
    return frozenset(word for before, word, after in around if not (_is_version(before) or _is_version(after)))


def _family(parts: tuple[str, ...]) -> str:
    """The word for all models of its kind; shorter words mean other things too often."""
    words = (one for one in parts if one.isalpha() and one not in VARIANT_WORDS and one not in BRANDS)
    family = next(words, "")
    return family if len(family) >= FAMILY_CHARACTERS_MIN else "(none)"


def _is_version(token: str) -> bool:
    return token[:1].isdigit()


def _tokens(low: str) -> list[str]:
    return _TOKEN.findall(_JOINED.sub(".", low))
