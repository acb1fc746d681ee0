from pathlib import Path

import httpx
import pytest

from wizard.download.address import (
    OFFICIAL,
    absolute,
    account,
    base_address,
    require_source,
    shown,
    trusted_alike,
)
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
        ("ftp://example.org/", "'ftp://example.org/' is not the address of a folder."),
        ("example.org/2012", "'example.org/2012' is not the address of a folder"),
        (" ", "The address is empty."),
        ("http://", "'http://' is not the address of a folder"),
        ("http://example.org:x/", "'http://example.org:x/' is not an address: Invalid port: 'x'."),
        ("file://elsewhere/data", "'file://elsewhere/data' is on another host."),
        ("https://example.org/?a=b", "https://example.org/ is followed by ? or #"),
    ],
)
def test_what_is_no_address_is_said(typed: str, what: str) -> None:
    with pytest.raises(UsageError) as raised:
        base_address(typed)
    assert raised.value.what.startswith(what)


def test_a_word_is_a_path_where_there_is_such_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mirror" / "2012").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert base_address("mirror") == f"file://{tmp_path}/mirror/"
    assert base_address("mirror/2012") == f"file://{tmp_path}/mirror/2012/"


@pytest.mark.parametrize(("typed", "hint"), [("Kagel", "Did you mean kaggle?"), ("mirror", "the path of a folder")])
def test_a_word_that_is_nothing_gets_what_would_do(typed: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        base_address(typed, ("kaggle", "huggingface"))
    assert hint in raised.value.hint
    assert "kaggle" in raised.value.hint
    with pytest.raises(UsageError) as raised:
        base_address(typed)
    assert "kaggle" not in raised.value.hint


def test_a_base_that_is_no_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name, seen in (("none", "does not exist"), ("file", "is not a folder")):
        with pytest.raises(UsageError) as raised:
            require_source(base_address(f"file://{tmp_path}/{name}"))
        assert raised.value.what == f"{tmp_path}/{name}, from which the archives should come, {seen}."
    require_source(base_address(str(tmp_path)))
    require_source(OFFICIAL, tmp_path)


def test_archives_do_not_come_from_where_they_go_to(tmp_path: Path) -> None:
    (tmp_path / "same").symlink_to(tmp_path)
    for folder in (tmp_path, tmp_path / "same"):
        with pytest.raises(UsageError, match="cannot come from"):
            require_source(base_address(str(tmp_path)), folder)
    require_source(base_address(str(tmp_path)), tmp_path / "another")


def test_image_net_org_is_named_for_its_own_hosts_alone() -> None:
    for host in ("image-net.org", "www.image-net.org"):
        assert account(host).startswith("see https://image-net.org/download-images, where you create an account")
    for host in ("my-image-net.org", "image-net.org.example.com"):
        assert account(host) == f"ask whoever runs {host}"


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


def test_a_user_name_in_an_address_is_refused_with_a_hint() -> None:
    with pytest.raises(UsageError) as raised:
        base_address("https://me:qwertz@example.org/2012/")
    assert raised.value.what == (
        "The address has a user name in it, and addresses are printed and stored: https://example.org/2012/."
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
def test_secrets_are_sent_to_the_same_server_or_its_https_upgrade(url: str, base: str, trusted: bool) -> None:
    assert trusted_alike(httpx.URL(url), httpx.URL(base)) is trusted


def test_a_file_address_leads_back_to_its_path(tmp_path: Path) -> None:
    folder = tmp_path / "a folder, with %41 and ü"
    base = absolute(base_address(str(folder)))
    assert Path(base.join("b.tar").path) == folder / "b.tar"
    assert shown(base.join("b.tar")) == f"file://{folder}/b.tar"


def test_the_official_address_is_one() -> None:
    assert base_address(OFFICIAL) == OFFICIAL
