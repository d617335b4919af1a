from mainstay.control.web.choices import component_names, trouble_choices
from mainstay.model.components import Component
from tests.control.office import Office, standing


def test_every_component_that_is_named_anywhere_can_be_chosen(office: Office) -> None:
    office.standing = (standing(Component("alpha", part="login")),)
    names = component_names(office.desks())
    assert names == tuple(sorted(names))
    assert {"gateway", "model:first", "upstream:alpha", "upstream:alpha/first", "upstream:alpha#login"} <= set(names)


def test_strangers_may_name_models_alone(office: Office) -> None:
    assert [(one.component, one.title) for one in trouble_choices(office.snapshot())] == [("model:first", "first")]
