import pytest

from mainstay.model.components import Component
from mainstay.ops.detection.finding import Grade
from mainstay.ops.detection.login import LoginWatch
from tests.ops.detection.samples import NOW


@pytest.fixture
def login() -> LoginWatch:
    return LoginWatch(Component("claude", part="login"))


def reject(login: LoginWatch, credential: str, count: int = 5, step: float = 8.0) -> float:
    for number in range(count):
        login.rejected(credential, NOW + number * step)
    return NOW + (count - 1) * step


def test_nothing_happened(login: LoginWatch) -> None:
    login.served("one", NOW)
    assert login.judge(NOW) is None


def test_a_rejected_key_may_have_been_revoked(login: LoginWatch) -> None:
    end = reject(login, "one", 50)
    found = login.judge(end)
    assert found is not None
    assert found.grade is Grade.SUSPICIOUS
    assert "either a key was revoked" in found.evidence.words
    assert found.began_at == NOW
    assert login.judge(end + 200) is None, "it is over"


def test_two_rejections_are_nothing(login: LoginWatch) -> None:
    assert login.judge(reject(login, "one", 2)) is None


def test_a_key_that_is_served_after_it_was_rejected_is_valid(login: LoginWatch) -> None:
    reject(login, "one", 4)
    login.served("one", NOW + 25)
    login.rejected("one", NOW + 32)
    found = login.judge(NOW + 33)
    assert found is not None
    assert found.grade is Grade.CONCLUSIVE
    assert "so they are valid" in found.evidence.words


def test_proof_needs_time(login: LoginWatch) -> None:
    reject(login, "one", 4, step=0.1)
    login.served("one", NOW + 1)
    login.rejected("one", NOW + 1.5)
    found = login.judge(NOW + 2)
    assert found is not None
    assert found.grade is Grade.SUSPICIOUS


def test_several_keys_that_were_good_are_not_all_revoked_at_once(login: LoginWatch) -> None:
    login.served("one", NOW - 60)
    login.served("two", NOW - 60)
    reject(login, "one", 3, step=12.0)
    end = reject(login, "two", 3, step=12.0)
    found = login.judge(end)
    assert found is not None
    assert found.grade is Grade.CONCLUSIVE


def test_several_keys_that_nobody_saw_work_may_be_wrong(login: LoginWatch) -> None:
    login.served("one", NOW - 4_000)
    reject(login, "one", 3, step=12.0)
    end = reject(login, "two", 3, step=12.0)
    found = login.judge(end)
    assert found is not None
    assert found.grade is Grade.SUSPICIOUS


def test_a_token_that_cannot_be_renewed_is_suspicious_and_two_are_proof(login: LoginWatch) -> None:
    login.renewal("one", NOW, failed=True)
    found = login.judge(NOW + 300)
    assert found is not None
    assert (found.grade, found.began_at) == (Grade.SUSPICIOUS, NOW)
    assert found.evidence.words == "a credential gets no new token, for 5 min"
    login.renewal("two", NOW + 10, failed=True)
    found = login.judge(NOW + 300)
    assert found is not None
    assert found.grade is Grade.CONCLUSIVE
    for name in ("one", "two"):
        login.renewal(name, NOW + 400, failed=False)
    assert login.judge(NOW + 400) is None


def test_rejections_and_a_failed_renewal_together_are_proof(login: LoginWatch) -> None:
    end = reject(login, "one", 3)
    login.renewal("one", NOW, failed=True)
    found = login.judge(end)
    assert found is not None
    assert found.grade is Grade.CONCLUSIVE


def test_a_renewal_that_nobody_speaks_of_any_more_is_forgotten(login: LoginWatch) -> None:
    login.renewal("one", NOW, failed=True)
    assert login.judge(NOW + 86_300) is not None
    assert login.judge(NOW + 86_500) is None


def test_credentials_are_bounded(login: LoginWatch) -> None:
    for number in range(1_000):
        login.served(f"key {number}", NOW)
    assert len(login._credentials) <= 200
