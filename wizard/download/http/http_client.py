"""One request for (a part of) a file: redirects followed, the response's head parsed."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

import wizard
from wizard.download.address import origin, shown, trusted_alike
from wizard.download.errors import DownloadError, LoginPage, RemoteChanged, Transient, Unauthorized
from wizard.download.http.auth import Login
from wizard.download.http.failures import PROXIES, named_errors, refusal, set_variables
from wizard.download.http.file_transport import FileTransport
from wizard.download.http.remote import Remote, parse_response, retry_after, schemes
from wizard.download.retry_policy import RetryPolicy
from wizard.errors import UsageError

_REDIRECTS = 10
_CROWDED = frozenset({429, 503})
_BUSY = _CROWDED | {408, 425, 500, 502, 504}
_CONNECTIONS = 64
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The response to a request for a file.

    Attributes:
        remote: the file.
        start: where in it the body begins, which is 0 where the server sends no ranges.
        chunks: the body, as it arrives; raises Transient if it is interrupted.
    """

    remote: Remote
    start: int
    chunks: Iterator[bytes]


class HttpClient:
    """A server or a folder that holds the archives. May be used by several threads.

    Args:
        login: its address, and credentials and cookies for it.
        retry_policy: for everything that is asked of it; its time-outs too.

    Raises:
        UsageError: the environment's proxies or certificates cannot be used.
    """

    def __init__(self, login: Login, retry_policy: RetryPolicy) -> None:
        self._base, self.login, self.retry_policy = login.base, login, retry_policy
        self._client = _client(retry_policy)
        self.answered = False

    def close(self) -> None:
        """Ends all connections; pending reads raise Transient."""
        self._client.close()

    @property
    def host(self) -> str:
        """The server's name; localhost for this machine's files."""
        return self._base.host

    def address(self, name: str) -> str:
        """The address of a file, as it may be shown."""
        return shown(self._base.join(name))

    @contextmanager
    def open(self, name: str, start: int, stop: int | None = None, *, if_range: str = "") -> Iterator[Answer]:
        """Asks for a file from a byte on.

        Args:
            name: of the file.
            start: first byte wanted.
            stop: the byte after the last one wanted; None for all that there are.
            if_range: ETag without which the server should send the whole file; empty to send the range in any case.

        Raises:
            Transient: another attempt may succeed.
            Unauthorized: the server asks for a login.
            LoginPage: it sent a web page.
            RemoteChanged: it has no such bytes.
            DownloadError: it will not send the file.
        """
        headers = {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"}
        if if_range:
            headers["If-Range"] = if_range
        response = self._send(name, headers)
        try:
            yield self._parse(name, response)
        finally:
            _close(response)

    def _send(self, name: str, headers: dict[str, str]) -> httpx.Response:
        # Not httpx's own redirects: it would answer another host's challenge, and send it the cookies in its jar.
        url = self._base.join(name)
        for _hop in range(_REDIRECTS):
            with named_errors(url, "the server hung up without a valid answer"):
                request = self._client.build_request("GET", url, headers=headers)
                self.login.add_cookies(request)
                response = self._client.send(request, auth=self.login.auth(url), stream=True)
                self.login.keep_cookies(response)
            if not response.has_redirect_location:
                return response
            _close(response)
            target = url.join(response.headers["location"])
            if target.scheme not in ("http", "https"):
                raise DownloadError(
                    f"{shown(url)} redirects to {shown(target)}, which is not followed.", "Check the base address"
                )
            url = target
        raise DownloadError(f"{self.address(name)} redirects without end.", "Check the base address")

    def _parse(self, name: str, response: httpx.Response) -> Answer:
        url, status = response.url, response.status_code
        if status == 401:
            offered = response.headers.get_list("www-authenticate")
            raise Unauthorized(
                host=url.host,
                trusted=trusted_alike(url, self._base),
                schemes=frozenset(schemes(offered)),
                # Otherwise nothing was refused; DigestAuth puts it into its second request.
                refused="authorization" in response.request.headers,
                secure=url.scheme == "https",
            )
        if status == 416:
            raise RemoteChanged
        if status in _BUSY:
            state = "is busy" if status in _CROWDED else "cannot answer"
            wait = retry_after(response.headers.get("retry-after", ""))
            raise Transient(f"{url.host} {state} ({status} {response.reason_phrase})", wait)
        if status not in (200, 206):
            raise refusal(name, url, status, response.reason_phrase)
        if status == 200 and response.headers.get("content-type", "").startswith("text/html"):
            raise LoginPage(url.host)
        parsed = parse_response(status, response.headers, "{}://{}:{}".format(*origin(self._base)))
        if parsed is None:
            raise DownloadError(
                f"{shown(url)}: the server does not report its size, so a complete download cannot be recognized.",
                "Give the address of another mirror: --base URL",
            )
        self.answered = True
        remote, start = parsed
        return Answer(remote=remote, start=start, chunks=_chunks(response))


def _client(retry_policy: RetryPolicy) -> httpx.Client:
    """A client that keeps no cookies: httpx sends those in its own jar to any host.

    httpx repeats the values of variables in its errors, passwords among them, so its messages are not passed on.
    """
    try:
        return httpx.Client(
            headers={"User-Agent": f"imagenet-setup/{wizard.__version__}", "Accept-Encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=httpx.Timeout(retry_policy.stall, connect=retry_policy.connect),
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            mounts={"file://": FileTransport()},
        )
    except ImportError:
        raise UsageError(
            f"The proxy in {set_variables(PROXIES)} is a SOCKS proxy, and support for those is not installed.",
            "pip install 'httpx[socks]', or use an http proxy",
        ) from None
    except OSError as error:
        why = "it has none in PEM format" if isinstance(error, ssl.SSLError) else error.strerror
        raise UsageError(
            f"The certificates in {set_variables(_CERTIFICATES)} cannot be read: {why}.",
            "Name a PEM file with the authorities that you trust, or unset it",
        ) from None
    except (httpx.InvalidURL, ValueError):
        raise UsageError(
            f"The value of {set_variables(PROXIES)} is not a valid address.",
            "A proxy is like http://proxy.example.org:3128, with # and @ in a password written as %23 and %40; "
            "NO_PROXY holds host names separated by commas",
        ) from None


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    with named_errors(response.url, "the server hung up before the end"):
        yield from response.iter_raw()


def _close(response: httpx.Response) -> None:
    with suppress(httpx.HTTPError, RuntimeError):
        response.close()
