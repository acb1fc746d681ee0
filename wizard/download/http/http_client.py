"""One request for (a part of) a file: redirects followed by hand, the answer's head understood, trouble named."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version

import httpx

from wizard.download.address import absolute, account, origin, shown, trusted_alike
from wizard.download.errors import DownloadError, LoginPage, RemoteChanged, Transient, Unauthorized
from wizard.download.http.auth import Login
from wizard.download.http.file_transport import FileTransport
from wizard.download.http.remote import Remote, described, retry_after, schemes
from wizard.download.retry_policy import RetryPolicy
from wizard.errors import UsageError

_REDIRECTS = 10
_CROWDED = frozenset({429, 503})
_BUSY = _CROWDED | {408, 425, 500, 502, 504}
_CONNECTIONS = 64
_PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_PLAINLY = {
    "peer closed connection": "the server hung up before the end",
    "Server disconnected": "the server hung up without an answer",
    "illegal status line": "what it sends is no HTTP",
}
"""What the HTTP library says, by its first words, and what a person can read."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer to a request for a file.

    Attributes:
        remote: the file.
        start: where in it the body begins, which is 0 where the server sends no ranges.
        chunks: the body, as it comes; raises Transient where it breaks off.
    """

    remote: Remote
    start: int
    chunks: Iterator[bytes]


class HttpClient:
    """A server or a folder that holds the archives. May be used by several threads.

    Args:
        base: its address, with a slash at the end.
        login: who asks.
        retry_policy: how long it is waited for.

    Raises:
        UsageError: what the environment says of proxies or certificates does not do.
    """

    def __init__(self, base: str, login: Login, retry_policy: RetryPolicy) -> None:
        self._base = absolute(base)
        self._login = login
        self._client = _client(retry_policy)
        self.answered = False

    def close(self) -> None:
        """Ends all connections; whoever reads from one gets Transient."""
        self._client.close()

    @property
    def host(self) -> str:
        """The server's name; localhost for this machine's files."""
        return self._base.host

    def address(self, name: str) -> str:
        """The address of a file, as it may be shown."""
        return shown(self._base.join(name))

    @contextmanager
    def open(self, name: str, start: int, stop: int | None = None) -> Iterator[Answer]:
        """Asks for a file from a byte on.

        Args:
            name: of the file.
            start: first byte wanted.
            stop: the byte after the last one wanted; None for all that there are.

        Raises:
            Transient: it may work later.
            Unauthorized: the server wants to know who asks.
            LoginPage: it sent a web page.
            RemoteChanged: it has no such bytes.
            DownloadError: it will not send the file.
        """
        response = self._send(name, {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"})
        try:
            yield self._understood(name, response)
        finally:
            _closed(response)

    def _send(self, name: str, headers: dict[str, str]) -> httpx.Response:
        url = self._base.join(name)
        for _hop in range(_REDIRECTS):
            with _trouble(url):
                request = self._client.build_request("GET", url, headers=headers)
                self._login.add_cookies(request)
                response = self._client.send(request, auth=self._login.auth(url), stream=True)
                self._login.keep_cookies(response)
            if not response.has_redirect_location:
                return response
            _closed(response)
            url = _onward(url, response.headers["location"])
        raise DownloadError(
            f"{self.address(name)} leads from address to address without end.", "Check the base address"
        )

    def _understood(self, name: str, response: httpx.Response) -> Answer:
        """The answer, if it is one."""
        url, status = response.url, response.status_code
        if status == 401:
            raise self._unauthorized(response)
        if status == 416:
            raise RemoteChanged
        if status in _BUSY:
            wait = retry_after(response.headers.get("retry-after", ""))
            state = "is busy" if status in _CROWDED else "cannot answer"
            raise Transient(f"{url.host} {state} ({status} {response.reason_phrase})", wait)
        if status not in (200, 206):
            raise _refusal(name, url, status, response.reason_phrase)
        if status == 200 and response.headers.get("content-type", "").startswith("text/html"):
            raise LoginPage(url.host)
        found = described(status, response.headers, "{}://{}:{}".format(*origin(self._base)))
        if found is None:
            raise DownloadError(
                f"{shown(url)}: the server does not say how large it is, so nobody could tell when it is complete.",
                "Give the address of another mirror: --base URL",
            )
        self.answered = True
        remote, start = found
        return Answer(remote=remote, start=start, chunks=_chunks(response))

    def _unauthorized(self, response: httpx.Response) -> Unauthorized:
        """Without `Authorization` in the last request nothing was refused; DigestAuth puts it there on its second."""
        url = response.url
        offered = response.headers.get_list("www-authenticate")
        return Unauthorized(
            host=url.host,
            trusted=trusted_alike(url, self._base),
            schemes=frozenset(schemes(offered)),
            refused="authorization" in response.request.headers,
            secure=url.scheme == "https",
        )


def _client(retry_policy: RetryPolicy) -> httpx.Client:
    """A client that keeps no cookies, since its own jar would take them to any host.

    The library repeats values in its errors, passwords among them; of those here they are left out.
    """
    try:
        return httpx.Client(
            headers={"User-Agent": f"imagenet-setup/{version('imagenet-setup')}", "Accept-Encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=httpx.Timeout(retry_policy.stall, connect=retry_policy.connect),
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            mounts={"file://": FileTransport()},
        )
    except ImportError:
        raise UsageError(
            f"The proxy that {_set_of(_PROXIES)} names is a SOCKS one, and what speaks to those is not installed.",
            "pip install 'httpx[socks]', or name an http proxy",
        ) from None
    except OSError as error:
        why = "there is none in PEM format" if isinstance(error, ssl.SSLError) else error.strerror
        raise UsageError(
            f"The certificates that {_set_of(_CERTIFICATES)} names cannot be read: {why}.",
            "Name a PEM file of the authorities that are trusted, or unset it",
        ) from None
    except (httpx.InvalidURL, ValueError):
        raise UsageError(
            f"What {_set_of(_PROXIES)} holds is no address.",
            "A proxy's is like http://proxy.example.org:3128, with # and @ in a password written as %23 and %40; "
            "NO_PROXY holds names of hosts with commas between",
        ) from None


def _set_of(names: tuple[str, ...]) -> str:
    """Those of the environment's variables that may be meant."""
    return " or ".join([name for name in names if os.environ.get(name)] or names)


def _onward(url: httpx.URL, location: str) -> httpx.URL:
    onward = url.join(location)
    if onward.scheme not in ("http", "https"):
        raise DownloadError(
            f"{shown(url)} leads on to {shown(onward)}, which is not followed.", "Check the base address"
        )
    return onward


def _refusal(name: str, url: httpx.URL, status: int, phrase: str) -> DownloadError:
    where = shown(url)
    if url.scheme == "file":
        return DownloadError(
            f"{where}: {'there is no such file' if status == 404 else 'the system does not let you read it'}.",
            f"Check the base address and its rights, or leave {name} out: --what names what is wanted",
        )
    match status:
        case 403:
            return DownloadError(
                f"{where}: access is refused ({status}{f' {phrase}' if phrase else ''}).",
                "If a browser may fetch it where you are logged in, give its cookies.txt: --cookies FILE. Otherwise "
                f"{account(url.host)}",
            )
        case 404 | 410:
            return DownloadError(
                f"{where} is not there ({status}).",
                f"Check the base address, or leave {name} out: --what names what is wanted",
            )
        case 407:
            return _proxy_login(url)
        case _:
            return DownloadError(f"{where}: the server answered {status} {phrase}.", "Check the base address")


def _proxy_login(url: httpx.URL) -> DownloadError:
    return DownloadError(f"The proxy on the way to {url.host} asks for a login (407).", f"See {_set_of(_PROXIES)}")


def _of_proxy(url: httpx.URL, error: httpx.ProxyError) -> Exception:
    """What a proxy that opens no tunnel means; its answer's status is in the error's words alone."""
    if str(error).startswith("407"):
        return _proxy_login(url)
    return Transient(f"the proxy on the way to {url.host} does not let it through ({error})")


@contextmanager
def _trouble(url: httpx.URL) -> Iterator[None]:
    """Within it, what goes wrong on the way is Transient, unless it will never go right."""
    try:
        yield
    except httpx.UnsupportedProtocol as error:
        raise DownloadError(
            f"{shown(url)} cannot be spoken to: {error}", "Give an http, https or file address"
        ) from error
    except httpx.ConnectError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise DownloadError(
                f"The certificate of {url.host} cannot be trusted: {_without_noise(error)}.",
                "None is trusted unchecked. Where your site has an authority of its own, set SSL_CERT_FILE=ITS.pem",
            ) from error
        raise Transient(f"{url.host} cannot be reached ({_without_noise(error)})") from error
    except httpx.ProxyError as error:
        raise _of_proxy(url, error) from error
    except httpx.ConnectTimeout as error:
        raise Transient(f"{url.host} cannot be reached (it does not answer)") from error
    except httpx.TimeoutException as error:
        raise Transient("the server sends nothing any more") from error
    except (httpx.TransportError, httpx.StreamError, RuntimeError, KeyError, ValueError) as error:
        if _unspeakable(error):
            # Without the error's own words, which may be those of a cookie.
            raise DownloadError(
                f"{url.host} asks for a login (401) in a way that is not known here, or a cookie is none that can be "
                "sent.",
                f"Log in with a browser and give its cookies.txt anew (--cookies FILE), or {account(url.host)}",
            ) from None
        if "location header" in str(error):
            raise DownloadError(
                f"{shown(url)} leads on to an address that is none.", "Check the base address"
            ) from error
        raise Transient(f"the connection broke ({_without_noise(error)})") from error


def _unspeakable(error: Exception) -> bool:
    """Whether the library could not make a request of a server's challenge, or of a cookie."""
    ours = isinstance(error, KeyError | ValueError | NotImplementedError | httpx.LocalProtocolError)
    return ours or type(error) is httpx.ProtocolError


def _without_noise(error: Exception) -> str:
    text = str(error).split(" (_ssl.c")[0]
    for beginning, plain in _PLAINLY.items():
        if text.startswith(beginning):
            return plain
    return text.partition("] ")[2] or text or type(error).__name__


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    with _trouble(response.url):
        yield from response.iter_raw()


def _closed(response: httpx.Response) -> None:
    with suppress(httpx.HTTPError, RuntimeError):
        response.close()
