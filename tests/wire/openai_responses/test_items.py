import msgspec

from mainstay.model.frame import Usage
from mainstay.wire.openai_responses.items import bare_id, response_id, response_object, usage_object
from tests.wire.openai_responses.native import usage
from tests.wire.openai_responses.sdk import whole


def test_ids_are_made_of_what_is_particular() -> None:
    assert response_id("ex_1") == "resp_1"
    assert response_id("resp_2") == "resp_2"
    assert bare_id("ex_1") == bare_id("resp_1") == "1"


def test_usage_says_everything() -> None:
    told = msgspec.json.decode(usage_object(Usage(100, 7, 64, cache_write_tokens=8, reasoning_tokens=3)))
    assert told == usage(7)


def test_a_response_that_has_only_begun() -> None:
    begun = whole(msgspec.json.encode(response_object("ex_1", 1760000000, "m")))
    assert (begun.id, begun.status, begun.output, begun.created_at) == ("resp_1", "in_progress", [], 1760000000)
