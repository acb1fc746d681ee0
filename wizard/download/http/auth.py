"""Who asks: names, keys and cookies, sent to the server that the person chose and to no other."""

import os
import threading
from dataclasses import dataclass, field
from http.cookiejar import Cookie, CookieJar
from pathlib import Path
from typing import Protocol

import httpx

from wizard.download.address import absolute, account, trusted_alike
from wizard.download.errors import DownloadError, LoginPage, Unauthorized
from wizard.download.http.cookies import read_cookies, told_of
from wizard.errors import InputError

USERNAME, ACCESS_KEY = "IMAGENET_USERNAME", "IMAGENET_ACCESS_KEY"
_TRIES = 3
"""Times that a name and key are asked for."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A user name, and a password or access key."""

    username: str
    secret: str = field(repr=False)


class Asker(Protocol):
    """Asks the person for what a server wants."""

    def credentials(self, host: str, refused: bool) -> Credentials | None:
        """A user name and key for the host; `refused` says that those before did not do. None: nobody can be asked."""

    def cookies(self, host: str, why: str) -> Path | None:
        """A browser's cookies.txt with which the host lets one in; `why` those before did not do, empty at first."""


class Nobody:
    """There is nobody to ask."""

    def credentials(self, host: str, refused: bool) -> Credentials | None:  # noqa: ARG002
        """See Asker."""
        return None

    def cookies(self, host: str, why: str) -> Path | None:  # noqa: ARG002
        """See Asker."""
        return None


class Login:
    """What is known of who asks, and how it is sent; nothing of it is ever written down.

    Args:
        base: the address that the person chose.
        asker: asked when a server wants more than is known.
        cookies: a browser's cookies.txt; None where there is none.

    Raises:
        InputError: the cookies cannot be read.
    """

    def __init__(self, base: str, asker: Asker, cookies: Path | None = None) -> None:
        self.base = absolute(base)
        self.jar = CookieJar()
        self._asker = asker
        self._cookies: Path | None = None
        self._from_file: list[Cookie] = []
        self._tries = 0
        self._credentials: Credentials | None = None
        # Two addresses that are trusted alike and differ do so in their scheme, so it says which of them asked.
        self._digest: dict[str, bool] = {}
        self._own = threading.local()
        if cookies is not None:
            self._load(cookies)

    def auth(self, url: httpx.URL) -> httpx.Auth | None:
        """What goes with a request to this address: nothing but to the server that the person chose, once it asked.

        One that asked where nobody can listen (https) does not get it where all can (http).
        """
        known = self._credentials
        if known is None or url.scheme not in self._digest or not trusted_alike(url, self.base):
            return None
        if not self._digest[url.scheme]:
            return httpx.BasicAuth(known.username, known.secret)
        # Answers to a challenge are counted, which two threads must not do on one object.
        if getattr(self._own, "known", None) is not known:
            self._own.known, self._own.auth = known, httpx.DigestAuth(known.username, known.secret)
        auth: httpx.Auth = self._own.auth
        return auth

    def add_cookies(self, request: httpx.Request) -> None:
        """Gives a request those cookies that its address should have; none to any server but the chosen one."""
        if trusted_alike(request.url, self.base):
            httpx.Cookies(self.jar).set_cookie_header(request)

    def keep_cookies(self, response: httpx.Response) -> None:
        """Remembers what the chosen server sets, in this answer and in the challenges before it."""
        for each in (*response.history, response):
            if trusted_alike(each.request.url, self.base):
                httpx.Cookies(self.jar).extract_cookies(each)

    def answer_challenge(self, wanted: Unauthorized) -> None:
        """Finds out what the server wants to know, from the environment or the person.

        Raises:
            DownloadError: it cannot be found out, or may not be sent.
        """
        if not wanted.trusted:
            raise DownloadError(
                f"{self.base.host or 'The address'} leads on to {wanted.host}, which asks for a user name. "
                "What is secret for one host is not told to another.",
                f"If the archives are at {wanted.host}, give its address: --base URL",
            )
        if not wanted.schemes & {"basic", "digest"}:
            asked = " or ".join(sorted(wanted.schemes)) or "nothing that it names"
            raise DownloadError(
                f"{wanted.host} asks for a login (401) by {asked}; what can be sent is a user name with a password.",
                f"Log in with a browser and give its cookies.txt (--cookies FILE), or {account(wanted.host)}",
            )
        scheme = "https" if wanted.secure else "http"
        if self._credentials is None or wanted.refused or scheme in self._digest:
            self._credentials = self._found(wanted)
        self._digest[scheme] = "digest" in wanted.schemes

    def handle_login_page(self, page: LoginPage) -> None:
        """Finds cookies for a server that answered with a login page.

        Raises:
            DownloadError: there are none that do.
        """
        host = self.base.host or page.host
        told, why = f"{page.host} answered with a web page instead of the archive: a login page, most likely.", ""
        if self._cookies is not None:
            state = told_of(self._from_file, host, self._cookies)
            told = why = f"{page.host} answered with a web page instead of the archive, even with {state}."
        while (path := self._asker.cookies(host, why)) is not None:
            try:
                return self._load(path)
            except InputError as error:
                why = error.what
        raise DownloadError(
            told,
            f"Log in to {host} with a browser, export its cookies (an extension such as cookies.txt does it), "
            "and give the file: --cookies FILE. Or give the address of a mirror: --base URL",
        )

    def _found(self, wanted: Unauthorized) -> Credentials:
        if self._credentials is not None and not wanted.refused:
            raise DownloadError(
                f"{wanted.host} asks for a login (401) in a way in which a user name and key cannot be sent from here.",
                f"Log in with a browser and give its cookies.txt (--cookies FILE), or {account(wanted.host)}",
            )
        self._tries += 1
        missing = [name for name in (USERNAME, ACCESS_KEY) if not os.environ.get(name)]
        if not missing and not wanted.refused:
            return Credentials(username=os.environ[USERNAME], secret=os.environ[ACCESS_KEY])
        asked = self._asker.credentials(wanted.host, wanted.refused) if self._tries <= _TRIES else None
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
            f"Look whether they are right, or {account(wanted.host)}",
        )

    def _load(self, path: Path) -> None:
        self._from_file = read_cookies(path)
        self._cookies = path
        self.jar.clear()
        for cookie in self._from_file:
            self.jar.set_cookie(cookie)


def caution(wanted: Unauthorized) -> str:
    """What a person should know before they tell who they are; empty where there is nothing, or it was told."""
    if wanted.refused or wanted.secure or "digest" in wanted.schemes:
        return ""
    return f"{wanted.host} is spoken to without encryption (http), so a user name and key can be read on the way"
