from mainstay.wire.caller_fields import caller_fields


def test_all_that_follows_from_the_fields_is_said_at_once() -> None:
    known = caller_fields((("authorization", "Bearer x"), ("anthropic-beta", "a"), ("x-mainstay-session", "s")))
    assert known.forwardable == (("anthropic-beta", "a"),)
    assert (known.refused, known.session) == (None, "s")


def test_a_session_that_a_client_names_for_its_provider_reaches_it() -> None:
    fields = (("x-claude-code-session-id", "s"),)
    assert caller_fields(fields).forwardable == fields


def test_a_body_that_cannot_be_read_is_refused() -> None:
    refused = caller_fields((("content-encoding", "zstd"),)).refused
    assert refused is not None
    assert refused.status == 400


def test_the_same_fields_are_read_once() -> None:
    assert caller_fields((("a", "b"),)) is caller_fields((("a", "b"),))
