"""Evidence: what speaks for or against a component being ill, and whose word that is."""

from typing import Literal

import msgspec

EvidenceClass = Literal["own", "page", "people"]
"""Independent of each other: `own` is what our own requests met (callers' traffic and probes), `page` what the provider
says of itself, `people` what they report."""


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """One observation. `words` tell it to people in a sentence; numbers are kept beside for programs."""

    kind: EvidenceClass
    component: str
    """Its name, see `model.components`."""
    at: float
    """When it was observed, in seconds since 1970."""
    is_bad: bool
    words: str
    measure: str = ""
    """What was measured: `error-ratio`, `first-content`, `throughput`, `truncation`, `probe`, `status`, `reports`."""
    value: float | None = None
    usual: float | None = None
    """The baseline that the value is compared with."""
    samples: int = 0
    is_conclusive: bool = False
    """Whether it is enough by itself."""
    source: str = ""
    """Where it can be looked up: the address of a feed, ids of a record or an exchange."""
