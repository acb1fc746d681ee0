"""A browser's cookies.txt in Netscape's format: a line for each cookie, seven fields with tabs between."""

from collections.abc import Collection
from datetime import UTC, datetime
from http.cookiejar import Cookie
from pathlib import Path

from wizard.errors import InputError, reading

_HTTP_ONLY = "#HttpOnly_"
"""Before a cookie that a page's scripts may not see; other lines with # are comments."""


def read_cookies(path: Path) -> list[Cookie]:
    """The cookies of a file, expired ones too. What a line holds is secret, so no error repeats it.

    Raises:
        InputError: it cannot be read, or is no cookies.txt.
    """
    with reading(path):
        lines = path.expanduser().read_text(encoding="utf-8-sig", errors="replace").split("\n")
    cookies = []
    for number, line in enumerate(lines, start=1):
        text = line.removeprefix(_HTTP_ONLY)
        if text.startswith("#") or not text.strip():
            continue
        cookie = _cookie(text)
        if cookie is None:
            raise _none(path, f"line {number} is not seven fields with tabs between")
        cookies.append(cookie)
    if not cookies:
        raise _none(path, "no cookie is in it")
    return cookies


def told_of(cookies: Collection[Cookie], host: str, path: Path) -> str:
    """What a cookies.txt has for a host, in words that go on a sentence."""
    parts = host.split(".")
    domains = {".".join(parts[place:]) for place in range(len(parts))} | {f"{host}.local"}
    mine = [cookie for cookie in cookies if cookie.domain.lstrip(".") in domains]
    if not mine:
        return f"{path}, which has no cookie for {host}"
    if all(cookie.is_expired() for cookie in mine):
        ended = max(cookie.expires or 0 for cookie in mine)
        return f"{path}, whose cookies for {host} ended on {datetime.fromtimestamp(ended, UTC):%Y-%m-%d}"
    return f"the cookies for {host} in {path}"


def _cookie(line: str) -> Cookie | None:
    """The cookie as the library wants it: a host without a dot is a local one, and 0 is until the browser ends."""
    fields = line.split("\t")
    if len(fields) == 6:
        fields.append("")  # an editor that strips blanks takes the tab before an empty value away
    try:
        domain, whole, path, secure, until, name, value = fields
        expires = max(0, int(float(until or 0))) or None
    except ValueError:
        return None
    if whole == "TRUE" and not domain.startswith("."):
        domain = f".{domain}"
    if "." not in domain:
        domain = f"{domain}.local"
    dotted = domain.startswith(".")
    return Cookie(
        version=0, name=name, value=value, port=None, port_specified=False,
        domain=domain, domain_specified=dotted, domain_initial_dot=dotted, path=path, path_specified=True,
        secure=secure == "TRUE", expires=expires, discard=expires is None, comment=None, comment_url=None, rest={},
    )  # fmt: skip


def _none(path: Path, why: str) -> InputError:
    return InputError(
        f"{path} is no cookies.txt in Netscape's format: {why}.",
        "Export it with a browser extension such as Get cookies.txt LOCALLY",
    )
