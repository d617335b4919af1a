from mainstay.cli.token_lines import claim_lines, key_lines, verdict_line
from mainstay.wire.trust.claims import AllowanceClaim
from mainstay.wire.trust.refusals import FORGED_TOKEN
from tests.wire.trust.makers import WALL, claims, first, key, rotation


def test_a_plain_token_may_do_everything() -> None:
    lines = list(claim_lines(claims()))
    assert "bearer     acme/ci" in lines
    assert "models     all" in lines
    assert "allowance  unbounded" in lines
    assert "expires    2026-04-01 10:49:00.000Z" in lines


def test_what_a_token_is_bound_to_is_shown() -> None:
    lines = list(
        claim_lines(
            claims(
                workload="batch", models=("a*", "b"), nbf=int(WALL), allowance=AllowanceClaim(60, 5.0, 100.5, 700, 80)
            )
        )
    )
    assert "workload   batch" in lines
    assert "models     a*, b" in lines
    minute = "60 requests a minute, 700 input tokens a minute, 80 output tokens a minute"
    assert f"allowance  {minute}, 5 USD a day, 100.5 USD a month" in lines
    assert any(line.startswith("not before 2026-03-02") for line in lines)


def test_keys_are_shown_with_the_day_on_which_they_retire() -> None:
    lines = list(key_lines(rotation(first(), 2, 1)))
    assert lines[0] == "serial     2"
    assert lines[2] == f"signing    {key(2).id}"
    assert lines[3].startswith(f"verifying  {key(1).id} until 2027-04-06")


def test_a_verdict_says_why() -> None:
    assert verdict_line(None) == "verdict    accepted"
    assert verdict_line(FORGED_TOKEN).startswith("verdict    refused (invalid_token): The token's signature")
