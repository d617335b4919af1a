from mainstay.model.catalogue import Upstream
from mainstay.model.http import Outgoing
from mainstay.wire.gemini.door import GeminiDoor
from mainstay.wire.platform import Parcel

UPSTREAM = Upstream("google", "gemini", "https://example.test/v1beta")
PARCEL = Parcel("gemini", "/models/g:generateContent", (("a", "b"),), b"{}", "g", stream=False)


def test_the_key_stands_in_googles_header() -> None:
    url = "https://example.test/v1beta/models/g:generateContent"
    assert GeminiDoor().outgoing(PARCEL, UPSTREAM, "k", 0.0) == Outgoing(
        url, (("a", "b"), ("x-goog-api-key", "k")), b"{}"
    )


def test_without_a_key_nothing_is_added() -> None:
    assert GeminiDoor().outgoing(PARCEL, UPSTREAM, "", 0.0).headers == (("a", "b"),)


def test_there_is_no_envelope() -> None:
    assert GeminiDoor().decoder(()) is None
