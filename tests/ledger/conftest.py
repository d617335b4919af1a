"""Shared by all tests of records at rest: small records with names that can be told apart."""

from mainstay.model.records import AlertRecord, AttemptRecord, BreakerRecord, ExchangeRecord


def attempt(number: int = 1, exchange: str = "ex_1", at: float = 1_000.0) -> AttemptRecord:
    return AttemptRecord(
        id=f"{exchange}-{number}",
        at=at,
        exchange=exchange,
        number=number,
        upstream="anthropic",
        model="claude",
        credential="main",
        dialect="anthropic",
        chosen="first choice",
        outcome="served",
        status=200,
    )


def exchange(identity: str = "ex_1", at: float = 1_000.0) -> ExchangeRecord:
    return ExchangeRecord(
        id=identity,
        at=at,
        tenant="",
        workload="default",
        dialect="anthropic",
        kind="answer",
        stream=True,
        model_asked="claude",
        outcome="answered",
        status=200,
        model_served="claude",
        upstream="anthropic",
        attempts=1,
    )


def alert(identity: str = "al_1", at: float = 1_000.0, exchange: str = "") -> AlertRecord:
    return AlertRecord(
        id=identity,
        at=at,
        kind="billing",
        upstream="anthropic",
        model="claude",
        credential="main",
        message="the credit is used up",
        exchange=exchange,
    )


def breaker(state: str, at: float = 1_000.0, credential: str = "main") -> BreakerRecord:
    return BreakerRecord(
        id=f"br_{state}_{at}",
        at=at,
        upstream="anthropic",
        model="claude",
        credential=credential,
        state=state,
        reason="5 failures in a row",
    )
