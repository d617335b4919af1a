"""Words of notices: the order of severities."""

from mainstay.model.notice import Severity


def test_severities_are_ordered_from_the_least_to_the_most() -> None:
    ranks = [one.rank for one in (Severity.INFO, Severity.WARNING, Severity.MAJOR, Severity.CRITICAL)]
    assert ranks == [0, 1, 2, 3]
