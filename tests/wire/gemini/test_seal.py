from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.conversation import Thinking
from mainstay.wire.gemini.seal import Place, Signed, sealed, unsealed


@given(st.builds(Signed, st.text(), st.sampled_from(Place), st.text()), st.text())
def test_a_seal_gives_back_what_was_sealed(signed: Signed, thought: str) -> None:
    thinking = sealed(signed, thought)
    assert unsealed(thinking) == signed
    assert (thinking.text, thinking.hidden, thinking.issuer) == (thought, not thought, "")


def test_another_makers_seal_stays_closed() -> None:
    for seal in ("", "c2lnbmF0dXJl", "{}", '{"maker":"other","signature":"x","place":"call"}', "[" * 5000):
        assert unsealed(Thinking(seal=seal)) is None
