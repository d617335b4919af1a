from mainstay.ops.detection.breadth import whose_alone
from mainstay.ops.detection.sample import Sample
from tests.ops.detection.samples import NOW, probe, sample


def mixed(bad_tenant: str = "acme", bad_key: str = "one", others: int = 20) -> list[Sample]:
    failed = [sample(NOW + number, "server", tenant=bad_tenant, who=bad_key) for number in range(10)]
    return failed + [sample(NOW + number, tenant="globex", who="two") for number in range(others)]


def test_one_tenant_is_not_everybody() -> None:
    assert "one tenant" in whose_alone(mixed(), NOW + 30, NOW)


def test_one_credential_is_not_everybody() -> None:
    samples = [*mixed(), sample(NOW, "server", tenant="globex", who="one")]
    assert "one credential" in whose_alone(samples, NOW + 30, NOW)


def test_where_others_fail_too_it_is_everybody() -> None:
    assert whose_alone([*mixed(), sample(NOW, "server", tenant="globex", who="two")], NOW + 30, NOW) == ""


def test_a_few_others_who_were_served_are_chance() -> None:
    partly = mixed(others=6) + [sample(NOW + number) for number in range(30)]
    assert whose_alone(partly, NOW + 40, NOW) == ""


def test_what_was_before_the_trouble_says_nothing() -> None:
    before = [sample(NOW - 60 + number, tenant="globex") for number in range(50)]
    failed = [sample(NOW + number, "server") for number in range(10)]
    assert whose_alone(before + failed, NOW + 10, NOW) == ""
    assert whose_alone([], NOW, NOW) == ""
    assert whose_alone([probe(NOW, "server")], NOW, NOW) == ""
