from pathlib import Path

import httpx
import pytest

from tests.download.fetching import Asked
from wizard.download.errors import DownloadError, LoginPage, Unauthorized
from wizard.download.http.auth import ACCESS_KEY, USERNAME, Credentials, Login, cleartext_warning
from wizard.download.http.cookies import read_cookies
from wizard.errors import InputError

BASE = "https://a.org/2012/"
ANN = Credentials(username="ann", secret="sesame")
HEADER = "# Netscape HTTP Cookie File\n"
DAY = 86_400
LONG_AGO, NEVER = "1000000000", "9999999999"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(USERNAME, raising=False)
    monkeypatch.delenv(ACCESS_KEY, raising=False)


def wanted(*schemes: str, trusted: bool = True, refused: bool = False, secure: bool = True) -> Unauthorized:
    return Unauthorized(
        host="a.org", trusted=trusted, schemes=frozenset(schemes or {"basic"}), refused=refused, secure=secure
    )


def line(domain: str = "a.org", until: str = NEVER, name: str = "session", value: str = "42") -> str:
    return "\t".join((domain, "TRUE" if domain.startswith(".") else "FALSE", "/", "FALSE", until, name, value)) + "\n"


def cookies(folder: Path, *lines: str) -> Path:
    path = folder / "cookies.txt"
    path.write_text(HEADER + "".join(lines))
    return path


def test_nothing_is_sent_before_it_is_asked_for() -> None:
    assert Login(BASE, None).auth(httpx.URL(BASE)) is None


def test_the_environment_comes_before_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(USERNAME, "ann")
    monkeypatch.setenv(ACCESS_KEY, "sesame")
    asker = Asked([ANN])
    login = Login(BASE, asker)
    login.answer_challenge(wanted())
    assert isinstance(login.auth(httpx.URL(BASE)), httpx.BasicAuth)
    assert login.auth(httpx.URL("https://b.org/")) is None
    assert asker.asked == []


def test_a_key_goes_only_to_the_one_of_two_trusted_servers_that_asked_for_it() -> None:
    clear, secure = httpx.URL("http://a.org/2012/"), httpx.URL("https://a.org/2012/")
    asker = Asked([ANN])
    login = Login(str(clear), asker)
    login.answer_challenge(wanted("basic", secure=True))
    assert login.auth(clear) is None
    assert isinstance(login.auth(secure), httpx.BasicAuth)
    login.answer_challenge(wanted("digest", secure=False))
    assert isinstance(login.auth(clear), httpx.DigestAuth)
    assert isinstance(login.auth(secure), httpx.BasicAuth)
    assert len(asker.asked) == 1


def test_a_login_is_asked_for_three_times_before_the_error() -> None:
    asker = Asked([ANN] * 9)
    login = Login(BASE, asker)
    for number in range(3):
        login.answer_challenge(wanted(refused=number > 0))
    with pytest.raises(DownloadError) as raised:
        login.answer_challenge(wanted(refused=True))
    assert raised.value.what == "a.org does not accept the user name and key (401)."
    assert asker.asked == [("credentials", "a.org", number > 0) for number in range(3)]


def test_where_nobody_can_be_asked_the_variables_are_named() -> None:
    with pytest.raises(DownloadError) as raised:
        Login(BASE, None).answer_challenge(wanted())
    assert str(raised.value) == (
        "a.org asks for a user name and a password or access key (401).\n"
        "→ Set IMAGENET_USERNAME and IMAGENET_ACCESS_KEY; without an account, ask whoever runs a.org"
    )


@pytest.mark.parametrize(("set_", "missing"), [(USERNAME, ACCESS_KEY), (ACCESS_KEY, USERNAME)])
def test_the_one_of_the_two_variables_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, set_: str, missing: str
) -> None:
    monkeypatch.setenv(set_, "sesame")
    with pytest.raises(DownloadError) as raised:
        Login(BASE, None).answer_challenge(wanted())
    assert raised.value.what == f"a.org asks for a user name and a password or access key (401); {missing} is not set."
    assert raised.value.hint.startswith(f"Set {missing}; ")


def test_refused_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(USERNAME, "ann")
    monkeypatch.setenv(ACCESS_KEY, "sesame")
    login = Login(BASE, None)
    login.answer_challenge(wanted())
    with pytest.raises(DownloadError) as raised:
        login.answer_challenge(wanted(refused=True))
    assert raised.value.what == (
        "a.org does not accept the user name and key in IMAGENET_USERNAME and IMAGENET_ACCESS_KEY (401)."
    )
    assert "sesame" not in f"{raised.value!r} {login!r} {vars(login)!r}"


def test_what_cannot_be_answered_is_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(USERNAME, "ann")
    monkeypatch.setenv(ACCESS_KEY, "sesame")
    login = Login(BASE, None)
    login.answer_challenge(wanted("basic", "digest"))
    with pytest.raises(DownloadError, match="in a way that is not supported"):
        login.answer_challenge(wanted("basic", "digest"))


def test_an_unsupported_authentication_scheme_is_named() -> None:
    with pytest.raises(DownloadError) as raised:
        Login(BASE, Asked([ANN])).answer_challenge(wanted("negotiate", "bearer"))
    assert raised.value.what.startswith("a.org asks for a login (401) by bearer or negotiate;")


def test_warns_about_a_plaintext_password_and_not_about_a_digest() -> None:
    reported = "the connection to a.org is not encrypted (http), so others can read a user name and key on the way"
    assert cleartext_warning(wanted(secure=False)) == reported
    assert cleartext_warning(wanted("basic", "digest", secure=False)) == ""
    assert cleartext_warning(wanted(secure=False, refused=True)) == ""
    assert cleartext_warning(wanted()) == ""


def test_secrets_are_not_sent_to_a_redirect_target() -> None:
    asker = Asked([ANN])
    with pytest.raises(DownloadError) as raised:
        Login("https://b.org/", asker).answer_challenge(wanted(trusted=False))
    assert str(raised.value) == (
        "b.org redirects to a.org, which asks for a user name. Credentials for one host are never sent to another.\n"
        "→ If the archives are at a.org, give its address: --base URL"
    )
    assert asker.asked == []


def test_a_secret_does_not_show() -> None:
    assert repr(ANN) == "Credentials(username='ann')"


def test_a_login_page_without_cookies_says_how_to_get_them() -> None:
    with pytest.raises(DownloadError) as raised:
        Login(BASE, None).handle_login_page(LoginPage("login.a.org"))
    assert raised.value.what == ("login.a.org answered with a web page instead of the archive, probably a login page.")
    assert "Log in to a.org with a browser, export its cookies" in raised.value.hint


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ([line("b.org")], "{path}, which has no cookie for a.org"),
        ([line(until=LONG_AGO)], "{path}, whose cookies for a.org expired on 2001-09-09"),
        ([line(".org", until="0")], "the cookies for a.org in {path}"),
        ([line(until=LONG_AGO), line(name="other")], "the cookies for a.org in {path}"),
    ],
)
def test_rejected_cookies_are_reported_with_the_reason(tmp_path: Path, lines: list[str], state: str) -> None:
    path = cookies(tmp_path, *lines)
    with pytest.raises(DownloadError) as raised:
        Login(BASE, None, path).handle_login_page(LoginPage("a.org"))
    assert raised.value.what == (
        f"a.org answered with a web page instead of the archive, even with {state.format(path=path)}."
    )


def test_a_new_cookie_file_replaces_the_previous_one(tmp_path: Path) -> None:
    login = Login(BASE, Asked(cookies_=[cookies(tmp_path, line(value="new"))]))
    login.jar.set_cookie(read_cookies(cookies(tmp_path, line(name="old")))[0])
    cookies(tmp_path, line(value="new"))
    login.handle_login_page(LoginPage("a.org"))
    assert [(cookie.name, cookie.value) for cookie in login.jar] == [("session", "new")]


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("http://a.org/2012/x", "session=42"),
        ("https://a.org/2012/x", "session=42; safe=43"),
        ("http://a.org:8080/2012/x", None),
        ("http://b.org/2012/x", None),
    ],
)
def test_cookies_go_to_the_server_that_was_chosen_alone(tmp_path: Path, url: str, header: str | None) -> None:
    safe = line(name="safe", value="43").replace("/\tFALSE", "/\tTRUE")
    login = Login("http://a.org/2012/", None, cookies(tmp_path, line(), safe, line("b.org")))
    request = httpx.Request("GET", url)
    login.add_cookies(request)
    assert request.headers.get("cookie") == header


def test_a_cookie_set_by_the_server_is_not_reported_as_from_the_file(tmp_path: Path) -> None:
    path = cookies(tmp_path, line("b.org"))
    login = Login(BASE, None, path)
    login.keep_cookies(httpx.Response(200, headers={"Set-Cookie": "a=1"}, request=httpx.Request("GET", BASE)))
    assert [(cookie.domain, cookie.name) for cookie in login.jar] == [("b.org", "session"), ("a.org", "a")]
    with pytest.raises(DownloadError, match=r"which has no cookie for a\.org"):
        login.handle_login_page(LoginPage("a.org"))


def test_asking_for_new_cookies_states_why_the_old_failed(tmp_path: Path) -> None:
    bad, old, good = (tmp_path / name for name in ("bad", "old", "good"))
    bad.write_text("<html>")
    for path, text in ((old, line("b.org")), (good, line())):
        path.write_text(text)
    asker = Asked(cookies_=[bad, old, good])
    login = Login(BASE, asker)
    for _ in range(2):
        login.handle_login_page(LoginPage("a.org"))
    assert [cookie.domain for cookie in login.jar] == ["a.org"]
    assert asker.asked == [
        ("cookies", "a.org", ""),
        (
            "cookies",
            "a.org",
            f"{bad} is not a cookies.txt in Netscape's format: line 1 is not seven fields separated by tabs.",
        ),
        (
            "cookies",
            "a.org",
            f"a.org answered with a web page instead of the archive, even with {old}, which has no cookie for a.org.",
        ),
    ]


def test_cookie_files_of_other_exporters_are_read(tmp_path: Path) -> None:
    path = tmp_path / "cookies.txt"
    path.write_bytes(
        b"\xef\xbb\xbf# made by me\r\n\r\n#HttpOnly_.a.org\tTRUE\t/\tTRUE\t9999999999.5\ts\t4=2\r\n"
        b"a.org\tTRUE\t/\tFALSE\t-1\tempty\r\nlocalhost\tFALSE\t/\tFALSE\t\tx\ty"
    )
    found = [(cookie.domain, cookie.secure, cookie.expires, cookie.name, cookie.value) for cookie in read_cookies(path)]
    assert found == [
        (".a.org", True, 9999999999, "s", "4=2"),
        (".a.org", False, None, "empty", ""),
        ("localhost.local", False, None, "x", "y"),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<!DOCTYPE html>\n", "line 1 is not seven fields separated by tabs"),
        (HEADER + line() + "a.org FALSE / FALSE 0 session sesame\n", "line 3 is not seven fields separated by tabs"),
        (HEADER + line(until="sesame"), "line 2 is not seven fields separated by tabs"),
        (HEADER, "it has no cookie"),
        ("\0\xff", "line 1 is not seven fields separated by tabs"),
    ],
)
def test_what_is_no_cookies_txt_is_said_without_what_is_in_it(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "cookies.txt"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as raised:
        Login(BASE, None, path)
    assert raised.value.what == f"{path} is not a cookies.txt in Netscape's format: {why}."
    assert raised.value.__context__ is None


def test_cookies_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none cannot be read: No such file"):
        Login(BASE, None, tmp_path / "none")
