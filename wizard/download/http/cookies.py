"""A browser's cookies.txt, in Netscape's format: a line for each cookie, seven fields separated by tabs."""

import io
from collections.abc import Collection
from datetime import UTC, datetime
from http.cookiejar import Cookie, MozillaCookieJar
from pathlib import Path

from wizard.errors import InputError, reading

_HEADER = "# Netscape HTTP Cookie File\n"
_HTTP_ONLY = "#HttpOnly_"
"""Before a cookie that scripts of a page may not see; other lines that begin with # are comments."""


def read_cookies(path: Path) -> list[Cookie]:
    """The cookies of a file, expired ones too. They are secret, so no error repeats a line.

    Raises:
        InputError: it cannot be read, or is not a cookies.txt.
    """
    with reading(path):
        lines = path.expanduser().read_text(encoding="utf-8-sig", errors="replace").split("\n")
    normalised = []
    for number, line in enumerate(lines, start=1):
        text = line.rstrip("\r").removeprefix(_HTTP_ONLY)
        if text.startswith("#") or not text.strip():
            continue
        fields = _normalized(text)
        if fields is None:
            raise _not_cookies(path, f"line {number} is not seven fields separated by tabs")
        normalised.append("\t".join(fields))
    if not normalised:
        raise _not_cookies(path, "it has no cookie")
    # The public `load` takes a path alone, and exporters leave out the header that it insists on; yt-dlp does the same.
    jar = MozillaCookieJar()
    jar._really_load(io.StringIO(_HEADER + "\n".join(normalised)), str(path), True, True)  # type: ignore[attr-defined]
    return list(jar)


def describe_cookies(cookies: Collection[Cookie], host: str, path: Path) -> str:
    """What a cookies.txt has for a host, as the end of a sentence."""
    parts = host.split(".")
    domains = {".".join(parts[place:]) for place in range(len(parts))} | {f"{host}.local"}
    mine = [cookie for cookie in cookies if cookie.domain.lstrip(".") in domains]
    if not mine:
        return f"{path}, which has no cookie for {host}"
    if all(cookie.is_expired() for cookie in mine):
        expired = max(cookie.expires or 0 for cookie in mine)
        return f"{path}, whose cookies for {host} expired on {datetime.fromtimestamp(expired, UTC):%Y-%m-%d}"
    return f"the cookies for {host} in {path}"


def _normalized(line: str) -> list[str] | None:
    """The fields as MozillaCookieJar insists on them; None where they are none."""
    fields = line.split("\t")
    if len(fields) == 6:
        fields.append("")  # an editor that strips blanks removes the tab before an empty value
    try:
        domain, subdomains, path, secure, expires, name, value = fields
        until = max(0, int(float(expires or 0)))
    except ValueError:
        return None
    if subdomains == "TRUE" and not domain.startswith("."):
        domain = f".{domain}"
    if "." not in domain:
        domain = f"{domain}.local"  # cookiejar's name for a host without a dot
    dotted = "TRUE" if domain.startswith(".") else "FALSE"
    return [domain, dotted, path, secure, str(until or ""), name, value]  # 0: until the browser is closed


def _not_cookies(path: Path, why: str) -> InputError:
    return InputError(
        f"{path} is not a cookies.txt in Netscape's format: {why}.",
        "Export it with a browser extension such as Get cookies.txt LOCALLY",
    )
