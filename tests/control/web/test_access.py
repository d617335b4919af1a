import pytest

from mainstay.control.people.roles import Role
from mainstay.control.web.access import ACCESS, HEALTH_PATHS, Access, least_role, methods_of, place_of


def test_who_may_read_may_ask_for_the_head() -> None:
    assert methods_of("/people") == ("GET", "HEAD")
    assert methods_of("/people/add") == ("POST",)
    assert least_role("/people", "HEAD") is least_role("/people", "GET") is Role.ADMIN


def test_what_does_not_stand_in_the_table_has_no_methods_and_no_role() -> None:
    assert methods_of("/secret") == ()
    with pytest.raises(KeyError):
        least_role("/secret", "GET")
    with pytest.raises(KeyError):
        least_role("/", "POST")


def test_only_these_are_for_everybody() -> None:
    public = {path for path, methods in ACCESS.items() if None in methods.values()}
    assert {path for path in public if not path.startswith("/static/")} == {
        *HEALTH_PATHS,
        "/login",
        "/login/provider",
        "/login/callback",
    }


def test_whatever_changes_people_is_for_admins() -> None:
    assert all(role is Role.ADMIN for path in ACCESS if "people" in path for role in ACCESS[path].values())


TABLE: Access = {"/a/{id}": {"GET": Role.VIEWER}, "/a/b": {"GET": Role.ADMIN}, "/files/{file:path}": {"GET": None}}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/a/INC-7", "/a/{id}"),
        ("/a/b", "/a/b"),
        ("/a/", "/a/"),
        ("/a/x/y", "/a/x/y"),
        ("/a/..", "/a/.."),
        ("/a/%2e", "/a/%2e"),
        ("/files/a", "/files/{file:path}"),
        ("/files/a/b.html", "/files/{file:path}"),
        ("/file", "/file"),
    ],
)
def test_a_placeholder_stands_for_one_part_of_a_path(path: str, place: str) -> None:
    assert place_of(path, TABLE) == place


def test_a_written_path_goes_before_a_placeholder() -> None:
    assert least_role("/a/b", "GET", TABLE) is Role.ADMIN
    assert least_role("/a/c", "HEAD", TABLE) is Role.VIEWER
