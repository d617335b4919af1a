import pytest

from mainstay.gateway.doctor.findings import (
    CHECKS,
    WORDS_CHARACTERS_MAX,
    Check,
    CheckName,
    Outcome,
    Proof,
    check,
    in_order,
    together,
)


@pytest.mark.parametrize(
    ("checks", "outcome"),
    [
        ([("answers", "ok"), ("quota", "unknown")], "ok"),
        ([("answers", "ok"), ("quota", "failed")], "failed"),
        ([("answers", "unknown"), ("model", "ok")], "unknown"),
        ([], "unknown"),
    ],
)
def test_without_an_answer_nothing_is_proven_and_one_failure_is_enough(
    checks: list[tuple[CheckName, Outcome]], outcome: Outcome
) -> None:
    assert together([Check(name, one, "") for name, one in checks]) == outcome


def test_words_are_bounded() -> None:
    assert check("answers", "ok", "short").words == "short"
    assert check("answers", "ok", "x" * WORDS_CHARACTERS_MAX).words.endswith("x")
    long = check("answers", "ok", "x" * (WORDS_CHARACTERS_MAX + 1)).words
    assert len(long) == WORDS_CHARACTERS_MAX
    assert long.endswith("x...")


def test_checks_are_told_in_one_order() -> None:
    mixed = [Check(name, "ok", "") for name in reversed(CHECKS)]
    assert tuple(one.name for one in in_order(mixed)) == CHECKS


def test_a_proof_knows_whom_it_is_about() -> None:
    assert Proof("alpha", "claude", "main", "anthropic", "ok", ()).key == ("alpha", "claude", "main")
