"""The two databases must not drift apart."""

import re

from mainstay.ledger.store.postgres_steps import STEPS, WORDS
from mainstay.ledger.store.sqlite import STEPS as SQLITE_STEPS
from mainstay.ledger.store.sqlite import WORDS as SQLITE_WORDS


def columns(statements: tuple[str, ...]) -> dict[str, list[str]]:
    """Tables and the columns of each."""
    found = {}
    for statement in statements:
        match = re.match(r"CREATE TABLE (\w+)\((.*)\)$", re.sub(r"\s+", " ", statement))
        if match:
            parts = re.sub(r"\([^)]*\)", "", match[2]).split(",")
            words = [part.split()[0] for part in parts]
            found[match[1]] = [word for word in words if word not in {"PRIMARY", "UNIQUE"}]
    return found


def test_both_databases_have_the_same_tables_with_the_same_columns() -> None:
    counts = []
    for ours, theirs in zip(STEPS, SQLITE_STEPS, strict=True):
        postgres = columns(tuple(ours))
        postgres.pop("lease", None)
        assert postgres == columns(tuple(theirs))
        counts.append(len(postgres))
    assert counts == [5, 4]


def test_both_databases_have_the_same_indexes() -> None:
    ours = {one.replace(WORDS.is_faulty, "faulty") for step in STEPS for one in step if " INDEX " in one}
    theirs = {
        one.replace(SQLITE_WORDS.is_faulty, "faulty") for step in SQLITE_STEPS for one in step if " INDEX " in one
    }
    assert ours == theirs
    assert len(ours) == 8
