from pathlib import Path

import httpx
import pytest

from wizard.download.address import OFFICIAL, absolute, base_address, local_path, shown, trusted_alike
from wizard.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" https://example.org/2012 ", "https://example.org/2012/"),
        ("http://example.org", "http://example.org/"),
        ("HTTPS://Example.org:443/a/", "https://example.org/a/"),
        ("/data/a folder", "file:///data/a%20folder/"),
        ("file:///data", "file:///data/"),
        ("file://localhost/data/", "file:///data/"),
    ],
)
def test_an_address_ends_with_a_slash(typed: str, address: str) -> None:
    assert base_address(typed) == address


def test_a_path_that_begins_here_or_at_home_is_meant_from_there() -> None:
    assert base_address("./raw") == f"{(Path.cwd() / 'raw').as_uri()}/"
    assert base_address("~/raw") == f"{(Path.home() / 'raw').as_uri()}/"


@pytest.mark.parametrize(
    ("typed", "what"),
    [
        ("ftp://example.org/", "'ftp://example.org/' is no address of a folder: it should begin with https://,"),
        ("example.org/2012", "'example.org/2012' is no address of a folder"),
        ("http://", "'http://' is no address of a folder"),
        ("http://example.org:x/", "'http://example.org:x/' is no address: Invalid port: 'x'."),
        ("file://elsewhere/data", "'file://elsewhere/data' names a file on another host."),
        ("https://example.org/?a=b", "https://example.org/ is given with more behind its path"),
    ],
)
def test_what_is_no_address_is_said(typed: str, what: str) -> None:
    with pytest.raises(UsageError) as raised:
        base_address(typed)
    assert raised.value.what.startswith(what)


@pytest.mark.parametrize(
    "typed",
    [
        "https://me:qwertz@example.org/2012/",
        "https://me:qwertz@example.org:port/",
        "https://me:qwe/rtz@example.org/",
        "ftp://me:qwertz@example.org/",
        "me:qwertz@example.org/2012",
        "example.org/2012?token=qwertz",
        "ftp://example.org/#qwertz@",
    ],
)
def test_a_password_in_it_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(UsageError) as raised:
        base_address(typed)
    assert "qwe" not in str(raised.value)


def test_who_names_a_user_is_told_where_the_name_belongs() -> None:
    with pytest.raises(UsageError) as raised:
        base_address("https://me:qwertz@example.org/2012/")
    assert raised.value.what == (
        "The address holds a user name, and addresses are shown and kept: https://example.org/2012/."
    )
    assert raised.value.hint == (
        "Leave it out: it is asked for when the server wants it, or set IMAGENET_USERNAME and IMAGENET_ACCESS_KEY"
    )


@pytest.mark.parametrize(
    ("url", "base", "trusted"),
    [
        ("https://a.org/x", "https://a.org/y/", True),
        ("https://a.org:443/x", "https://a.org/", True),
        ("https://a.org/x", "http://a.org/", True),
        ("http://a.org/x", "https://a.org/", False),
        ("https://b.a.org/x", "https://a.org/", False),
        ("http://a.org:8080/x", "http://a.org/", False),
        ("https://a.org/x", "http://a.org:8080/", False),
    ],
)
def test_secrets_are_for_the_same_server_or_the_same_made_safer(url: str, base: str, trusted: bool) -> None:
    assert trusted_alike(httpx.URL(url), httpx.URL(base)) is trusted


def test_a_file_address_leads_back_to_its_path(tmp_path: Path) -> None:
    folder = tmp_path / "a folder, with %41 and ü"
    base = absolute(base_address(str(folder)))
    assert local_path(base.join("b.tar")) == folder / "b.tar"
    assert shown(base.join("b.tar")) == f"file://{folder}/b.tar"


def test_the_official_address_is_one() -> None:
    assert base_address(OFFICIAL) == OFFICIAL
