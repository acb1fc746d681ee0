"""Credentials and cookies, sent to the server that the person chose and to no other."""

import os
from dataclasses import dataclass, field
from http.cookiejar import Cookie, CookieJar
from pathlib import Path
from typing import Protocol

import httpx

from wizard.download.address import absolute, account, trusted_alike
from wizard.download.errors import DownloadError, LoginPage, Unauthorized
from wizard.download.http.cookies import describe_cookies, read_cookies
from wizard.errors import InputError

USERNAME, ACCESS_KEY = "IMAGENET_USERNAME", "IMAGENET_ACCESS_KEY"
_TRIES = 3
"""Times that a person is asked for a name and key."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A user name, and a password or access key."""

    username: str
    secret: str = field(repr=False)


class Asker(Protocol):
    """Asks the person for what a server wants to know."""

    def credentials(self, host: str, refused: bool) -> Credentials | None:
        """A user name and key for the host; `refused`: it did not accept those before. None: the person has none."""

    def cookies(self, host: str, why: str) -> Path | None:
        """The cookies.txt of a browser that is logged in to the host; `why` those before failed, empty at first."""


class Login:
    """Credentials and cookies for one server; they are kept in memory alone.

    Args:
        base: the address that the person chose.
        asker: asked when the server wants more than is known; None where nobody can be asked.
        cookies: a browser's cookies.txt; None where there is none.

    Raises:
        InputError: the cookies cannot be read.
    """

    def __init__(self, base: str, asker: Asker | None, cookies: Path | None = None) -> None:
        self.base = absolute(base)
        self.jar = CookieJar()
        self._asker = asker
        self._cookies: Path | None = None
        self._from_file: list[Cookie] = []
        self._tries = 0
        self._credentials: Credentials | None = None
        # By scheme: where two addresses that are trusted alike differ, they differ in that.
        self._digest: dict[str, bool] = {}
        if cookies is not None:
            self._load(cookies)

    def auth(self, url: httpx.URL) -> httpx.Auth | None:
        """The credentials for a request: only for the server that the person chose, and only once it asked.

        A server that asked over https does not get them over http.
        """
        known = self._credentials
        if known is None or url.scheme not in self._digest or not trusted_alike(url, self.base):
            return None
        # A new one for each request: DigestAuth counts its answers to a challenge (nc), so threads cannot share it.
        kind = httpx.DigestAuth if self._digest[url.scheme] else httpx.BasicAuth
        return kind(known.username, known.secret)

    def add_cookies(self, request: httpx.Request) -> None:
        """Adds the cookies for a request's address, if that is the chosen server."""
        if trusted_alike(request.url, self.base):
            httpx.Cookies(self.jar).set_cookie_header(request)

    def keep_cookies(self, response: httpx.Response) -> None:
        """Keeps the cookies that the chosen server sets, in this response and in the challenges before it."""
        for each in (*response.history, response):
            if trusted_alike(each.request.url, self.base):
                httpx.Cookies(self.jar).extract_cookies(each)

    def answer_challenge(self, wanted: Unauthorized) -> None:
        """Finds credentials for a server that asks for them, in the environment or from the person.

        Raises:
            DownloadError: there are none, or they may not be sent.
        """
        if not wanted.trusted:
            raise DownloadError(
                f"{self.base.host or 'The address'} redirects to {wanted.host}, which asks for a user name. "
                "Credentials for one host are never sent to another.",
                f"If the archives are at {wanted.host}, give its address: --base URL",
            )
        hint = f"Log in with a browser and give its cookies.txt (--cookies FILE), or {account(wanted.host)}"
        if not wanted.schemes & {"basic", "digest"}:
            asked = " or ".join(sorted(wanted.schemes)) or "an unknown method"
            why = f"by {asked}; only a user name with a password can be sent"
            raise DownloadError(f"{wanted.host} asks for a login (401) {why}.", hint)
        scheme = "https" if wanted.secure else "http"
        if self._credentials is None or wanted.refused:
            self._credentials = self._find_credentials(wanted)
        elif scheme in self._digest:
            raise DownloadError(f"{wanted.host} asks for a login (401) in a way that is not supported.", hint)
        self._digest[scheme] = "digest" in wanted.schemes

    def handle_login_page(self, page: LoginPage) -> None:
        """Finds cookies for a server that answered with a login page.

        Raises:
            DownloadError: there are none that it accepts.
        """
        host = self.base.host or page.host
        problem, why = f"{page.host} answered with a web page instead of the archive, probably a login page.", ""
        if self._cookies is not None:
            state = describe_cookies(self._from_file, host, self._cookies)
            problem = why = f"{page.host} answered with a web page instead of the archive, even with {state}."
        while self._asker is not None and (path := self._asker.cookies(host, why)) is not None:
            try:
                return self._load(path)
            except InputError as error:
                why = error.what
        raise DownloadError(
            problem,
            f"Log in to {host} with a browser, export its cookies (with an extension such as Get cookies.txt LOCALLY), "
            "and give the file: --cookies FILE. Or give the address of a mirror: --base URL",
        )

    def _find_credentials(self, wanted: Unauthorized) -> Credentials:
        self._tries += 1
        missing = [name for name in (USERNAME, ACCESS_KEY) if not os.environ.get(name)]
        if not missing and not wanted.refused:
            return Credentials(username=os.environ[USERNAME], secret=os.environ[ACCESS_KEY])
        if self._asker is not None and self._tries <= _TRIES:
            asked = self._asker.credentials(wanted.host, wanted.refused)
            if asked is not None:
                return asked
        if not wanted.refused:
            half = f"; {missing[0]} is not set" if len(missing) == 1 else ""
            raise DownloadError(
                f"{wanted.host} asks for a user name and a password or access key (401){half}.",
                f"Set {' and '.join(missing)}; without an account, {account(wanted.host)}",
            )
        whose = f" in {USERNAME} and {ACCESS_KEY}" if not missing and self._tries <= 2 else ""
        raise DownloadError(
            f"{wanted.host} does not accept the user name and key{whose} (401).",
            f"Check them, or {account(wanted.host)}",
        )

    def _load(self, path: Path) -> None:
        self._cookies, self._from_file = path, read_cookies(path)
        self.jar.clear()
        for cookie in self._from_file:
            self.jar.set_cookie(cookie)


def cleartext_warning(wanted: Unauthorized) -> str:
    """What to warn a person of before they give a password; empty where there is nothing, or they were warned."""
    if wanted.refused or wanted.secure or "digest" in wanted.schemes:
        return ""
    return f"the connection to {wanted.host} is not encrypted (http), so others can read a user name and key on the way"
