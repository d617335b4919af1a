from mainstay.control.web.cookies import Cookies

PLAIN = Cookies(8485, "")
SECURE = Cookies(8485, "https://ops.example.com")


def test_a_session_is_out_of_reach_of_scripts_and_other_sites() -> None:
    assert PLAIN.set(PLAIN.session, "x") == "mainstay-8485=x; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200"


def test_behind_https_cookies_travel_over_nothing_else_and_are_for_this_host_alone() -> None:
    line = SECURE.set(SECURE.session, "x")
    assert line.startswith("__Host-mainstay-8485=x; Path=/;")
    assert line.endswith("; Secure")
    assert "Domain" not in line
    assert SECURE.delete(SECURE.session).endswith("; Secure")


def test_a_visit_ends_with_the_browser() -> None:
    assert "Max-Age" not in PLAIN.set(PLAIN.visit, "x")


def test_a_deleted_cookie_is_empty_and_over() -> None:
    assert PLAIN.delete(PLAIN.flow).startswith("mainstay-8485-flow=; ")
    assert "Max-Age=0" in PLAIN.delete(PLAIN.flow)


def test_two_on_one_machine_do_not_share_cookies() -> None:
    assert Cookies(9000, "").session != PLAIN.session
    names = {PLAIN.session, PLAIN.visit, PLAIN.browser, PLAIN.flow}
    assert len(names) == 4
