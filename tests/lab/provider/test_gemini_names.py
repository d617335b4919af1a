from mainstay.lab.provider.gemini_names import in_camel_case
from mainstay.lab.provider.sample import Json


def test_members_are_named_in_camel_case_and_the_callers_own_are_left_alone() -> None:
    told: Json = {
        "generation_config": {"top_p": 1},
        "tools": [{"function_declarations": [{"parameters_json_schema": {"a_b": 1}}]}],
    }
    assert in_camel_case(told) == {
        "generationConfig": {"topP": 1},
        "tools": [{"functionDeclarations": [{"parametersJsonSchema": {"a_b": 1}}]}],
    }
    assert in_camel_case({"function_call": {"args": {"a_b": 1}}}) == {"functionCall": {"args": {"a_b": 1}}}


def test_what_has_no_names_stays() -> None:
    assert in_camel_case("a_b") == "a_b"
    assert in_camel_case(None) is None
