"""All issuers of others' tokens that the configuration names."""

from collections.abc import Iterable

import msgspec
from msgspec import UNSET

from mainstay.config.schema import IssuerSection
from mainstay.gateway.auth.issuer import Desk, Issuer
from mainstay.wire.trust.foreign import IssuerRules
from mainstay.wire.trust.key_set import KeySet


class Issuers:
    """The issuers of one process."""

    def __init__(self, desk: Desk) -> None:
        """None yet; `replace` names them."""
        self._desk = desk
        self._issuers: dict[str, Issuer] = {}
        self._rules: dict[str, tuple[IssuerRules, ...]] = {}

    def replace(self, sections: Iterable[IssuerSection]) -> None:
        """Follow a configuration. Issuers that stay keep their keys. Called in the event loop."""
        rules: dict[str, tuple[IssuerRules, ...]] = {}
        urls: dict[str, str] = {}
        for section in sections:
            rules[section.issuer] = (*rules.get(section.issuer, ()), _rules(section))
            urls[section.issuer] = urls.get(section.issuer) or _text(section.keys_url)
        before, self._issuers, self._rules = self._issuers, {}, rules
        for name, url in urls.items():
            known = before.pop(name, None)
            if known is not None and known.keys_url == url:
                self._issuers[name] = known
                continue
            if known is not None:
                known.close()
            issuer = self._issuers[name] = Issuer(name, url, self._desk)
            issuer.start()
        for gone in before.values():
            gone.close()

    def rules(self, issuer: str) -> tuple[IssuerRules, ...]:
        """What is accepted from an issuer; nothing from one that is not configured."""
        return self._rules.get(issuer, ())

    def keys(self, issuer: str) -> KeySet | None:
        """An issuer's keys; `None` while they were never fetched."""
        found = self._issuers.get(issuer)
        return None if found is None else found.keys

    def missed(self, issuer: str) -> None:
        """A token names a key of this issuer that is not known. Never blocks."""
        found = self._issuers.get(issuer)
        if found is not None:
            found.missed()

    def status(self) -> dict[str, str]:
        """Each issuer, with `ok` or what is wrong."""
        return {name: issuer.state for name, issuer in self._issuers.items()}

    def close(self) -> None:
        """Ask nobody any more."""
        for issuer in self._issuers.values():
            issuer.close()

    def __len__(self) -> int:
        return len(self._issuers)


def _rules(section: IssuerSection) -> IssuerRules:
    return IssuerRules(
        section.issuer,
        section.audience,
        _text(section.tenant),
        _text(section.tenant_claim),
        _text(section.workload),
        _text(section.workload_claim),
    )


def _text(value: str | msgspec.UnsetType) -> str:
    return "" if value is UNSET else value
