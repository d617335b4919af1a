from pathlib import Path

import msgspec

from mainstay.config.schema import IssuerSection
from mainstay.gateway.auth.issuer import Desk
from mainstay.gateway.auth.issuers import Issuers
from mainstay.gateway.tokens.source import Response
from mainstay.model.commands import Open
from mainstay.wire.trust.foreign import IssuerRules
from tests.gateway.auth.scene import KEYS_URL, SECTION, now_at_once
from tests.gateway.doubles import FakeClock
from tests.gateway.tokens.identity import FakeServices, said, surroundings
from tests.wire.trust.foreign_makers import ISSUER, key_set_text, public

OTHER = IssuerSection(issuer="https://other.example", audience="a", tenant_claim="org", workload_claim="w")


class Offices:
    """Issuers in virtual time; all of them answer with the same keys."""

    def __init__(self, state: Path, *sections: IssuerSection) -> None:
        self.clock = FakeClock(0.0)
        self.urls: list[str] = []
        services = FakeServices(self.clock, self.answer)
        desk = Desk(state, surroundings(self.clock, services), lambda _: None, lambda: None, now_at_once)
        self.issuers = Issuers(desk)
        self.follow(*sections)

    def answer(self, command: Open) -> Response:
        self.urls.append(command.url)
        return said(key_set_text(public("RS256")).encode())

    def follow(self, *sections: IssuerSection) -> None:
        self.issuers.replace(sections)
        self.clock.advance(0)


def test_sections_become_rules(tmp_path: Path) -> None:
    offices = Offices(tmp_path, SECTION, OTHER)
    assert offices.issuers.rules(ISSUER) == (IssuerRules(ISSUER, "mainstay", tenant="acme"),)
    assert offices.issuers.rules(OTHER.issuer) == (
        IssuerRules(OTHER.issuer, "a", tenant_claim="org", workload_claim="w"),
    )
    assert offices.issuers.rules("https://unheard.example") == ()
    assert len(offices.issuers) == 2


def test_sections_of_one_issuer_share_its_keys(tmp_path: Path) -> None:
    second = msgspec.structs.replace(SECTION, audience="other")
    offices = Offices(tmp_path, SECTION, second)
    assert [rules.audience for rules in offices.issuers.rules(ISSUER)] == ["mainstay", "other"]
    assert offices.urls == [KEYS_URL]


def test_issuers_that_stay_keep_their_keys_and_those_that_go_are_left_alone(tmp_path: Path) -> None:
    offices = Offices(tmp_path, SECTION, OTHER)
    asked = len(offices.urls)
    before = offices.issuers.keys(ISSUER)
    offices.follow(SECTION)
    assert offices.issuers.keys(ISSUER) is before is not None
    assert offices.issuers.keys(OTHER.issuer) is None
    assert offices.issuers.rules(OTHER.issuer) == ()
    assert len(offices.urls) == asked
    offices.clock.advance(7_200)
    assert set(offices.urls[asked:]) == {KEYS_URL}


def test_an_issuer_whose_keys_are_elsewhere_now_is_asked_anew(tmp_path: Path) -> None:
    offices = Offices(tmp_path, SECTION)
    offices.follow(msgspec.structs.replace(SECTION, keys_url="https://login.example/new"))
    assert offices.urls == [KEYS_URL, "https://login.example/new"]


def test_each_issuer_tells_how_it_stands(tmp_path: Path) -> None:
    offices = Offices(tmp_path, SECTION, OTHER)
    status = offices.issuers.status()
    assert status[ISSUER] == "ok"
    assert "discovery document" in status[OTHER.issuer]


def test_an_unknown_key_of_an_unknown_issuer_is_nothing(tmp_path: Path) -> None:
    offices = Offices(tmp_path)
    offices.issuers.missed("https://unheard.example")
    assert offices.urls == []


def test_closed_issuers_ask_no_more(tmp_path: Path) -> None:
    offices = Offices(tmp_path, SECTION)
    offices.issuers.close()
    offices.clock.advance(7_200)
    assert offices.urls == [KEYS_URL]
