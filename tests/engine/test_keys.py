from mainstay.engine.keys import StaticKeys
from mainstay.model.catalogue import Credential


def test_a_static_secret_is_sent_as_it_is_and_never_ages() -> None:
    assert StaticKeys().living("u", Credential("main", "secret"), 0.0) == "secret"
    assert StaticKeys().living("u", Credential("main", "secret"), 1e12) == "secret"


def test_a_secret_that_must_be_exchanged_is_never_sent_itself() -> None:
    assert StaticKeys().living("u", Credential("main", "{}", renewed=True), 0.0) is None
