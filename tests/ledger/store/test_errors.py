from mainstay.ledger.store.errors import BrokenChainError, StoreDisagreesError


def test_a_refused_record_is_named() -> None:
    error = StoreDisagreesError("ch_0a", 7, "ex_1-2", "it differs")
    assert str(error) == "chain ch_0a, record 7 (ex_1-2): it differs"
    assert (error.chain, error.sequence, error.id) == ("ch_0a", 7, "ex_1-2")


def test_a_record_without_an_id_is_named_by_its_number() -> None:
    assert str(BrokenChainError("ch_0a", 7, "", "it was altered")) == "chain ch_0a, record 7: it was altered"
