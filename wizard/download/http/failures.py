"""What a failed request means: whether another attempt may help, and the message for the person."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import httpx

from wizard.download.address import account, shown
from wizard.download.errors import DownloadError, Transient

PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")

_Error = TypeVar("_Error", bound=BaseException)


def set_variables(names: tuple[str, ...]) -> str:
    """Those of the environment variables that are set."""
    return " or ".join([name for name in names if os.environ.get(name)] or names)


def refusal(name: str, url: httpx.URL, status: int, phrase: str) -> DownloadError:
    """The error for a status that no further attempt will change."""
    where, hint = shown(url), f"leave {name} out: --what says what to fetch"
    if url.scheme == "file":
        return DownloadError(
            f"{where}: {'there is no such file' if status == 404 else 'you may not read it'}.",
            f"Check the base address and its permissions, or {hint}",
        )
    match status:
        case 403:
            return DownloadError(
                f"{where}: access is refused ({status}{f' {phrase}' if phrase else ''}).",
                "If a browser that is logged in may fetch it, give its cookies.txt: --cookies FILE. Otherwise "
                f"{account(url.host)}",
            )
        case 404 | 410:
            return DownloadError(f"{where} is not there ({status}).", f"Check the base address, or {hint}")
        case 407:
            return _proxy_login(url)
        case _:
            return DownloadError(f"{where}: the server answered {status} {phrase}.", "Check the base address")


def _proxy_login(url: httpx.URL) -> DownloadError:
    return DownloadError(f"The proxy for {url.host} asks for a login (407).", f"See {set_variables(PROXIES)}")


@contextmanager
def named_errors(url: httpx.URL, hung_up: str) -> Iterator[None]:
    """Within it, network failures are Transient, and those that will never pass a DownloadError.

    Args:
        url: that is asked.
        hung_up: the reason, where the server ends the connection too early.
    """
    try:
        yield
    except httpx.ConnectError as error:
        untrusted = _cause(error, ssl.SSLCertVerificationError)
        if untrusted is None:
            raise Transient(f"{url.host} cannot be reached ({_reason(error)})") from error
        raise DownloadError(
            f"The certificate of {url.host} cannot be trusted: {untrusted.verify_message}.",
            "Certificates are always checked. If your site has its own authority, set SSL_CERT_FILE=ITS.pem",
        ) from error
    except httpx.ProxyError as error:
        # httpcore gives the status of a refused tunnel in the message alone ("407 Proxy Authentication Required").
        refused = Transient(f"the proxy for {url.host} refuses to connect to it ({error})")
        raise (_proxy_login(url) if str(error).startswith("407") else refused) from error
    except httpx.ConnectTimeout as error:
        raise Transient(f"{url.host} cannot be reached (it does not answer)") from error
    except httpx.TimeoutException as error:
        raise Transient("the server no longer sends anything") from error
    except httpx.RemoteProtocolError as error:
        if isinstance(error.__context__, httpx.InvalidURL):
            raise DownloadError(f"{shown(url)} redirects to an invalid address.", "Check the base address") from error
        raise Transient(f"the connection broke ({hung_up})") from error
    except (httpx.TransportError, httpx.StreamError, RuntimeError, KeyError, ValueError) as error:
        # The library could not make a request of a server's challenge (ProtocolError itself is DigestAuth's), or of a
        # cookie, which the error's own message may quote.
        unsupported = isinstance(error, KeyError | ValueError | NotImplementedError | httpx.LocalProtocolError)
        if unsupported or type(error) is httpx.ProtocolError:
            raise DownloadError(
                f"{url.host} asks for a login (401) in a way that is not supported, or a cookie cannot be sent.",
                f"Log in with a browser and export its cookies.txt again (--cookies FILE), or {account(url.host)}",
            ) from None
        raise Transient(f"the connection broke ({_reason(error)})") from error


def _cause(error: BaseException, kind: type[_Error]) -> _Error | None:
    """The nearest exception of that kind behind an error of httpx, which wraps httpcore's, which wraps the system's."""
    below: BaseException | None = error
    while below is not None and not isinstance(below, kind):
        below = below.__cause__ or below.__context__  # httpcore's pool raises again `from None`
    return below


def _reason(error: Exception) -> str:
    system = _cause(error, OSError)
    if isinstance(system, ssl.SSLError):
        return system.reason.replace("_", " ").lower()
    return (system and system.strerror) or str(error) or type(error).__name__
