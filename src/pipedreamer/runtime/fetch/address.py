"""Where a fetch goes, and how its address is shown."""

import base64
import re
from urllib.parse import unquote_to_bytes

import httpx

from pipedreamer.authoring import FetchError
from pipedreamer.runtime.egress.spelling import spelled

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_SERVICE = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


def address(service: str, path: str) -> httpx.URL:
    """The URL of `ctx.fetch(service, path)` (contract: context); raises FetchError where there is none."""
    if path[:8].lower().startswith(("http://", "https://")):
        return parsed(path)
    if path and path[0] not in "/?":
        raise FetchError('the path must begin with "/", or be a whole URL with http:// or https://')
    if not _SERVICE.fullmatch(service) or len(service) > 200:
        raise FetchError(f"there is no host api.{service}.com: a service is named by letters, digits and -")
    return parsed(f"https://api.{service}.com{path}")


def parsed(text: str) -> httpx.URL:
    """A URL that can be fetched, without its fragment; raises FetchError."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise FetchError("this is not a URL") from None
    return fetchable(url)


def fetchable(url: httpx.URL) -> httpx.URL:
    """The URL with its host in the one spelling that is checked, connected to and sent, and without its fragment.

    Raises FetchError where it is none of HTTP with a host and a port that can exist.
    """
    if url.scheme not in _PORTS:
        raise FetchError(f"only http:// and https:// can be fetched, not {url.scheme}://")
    try:
        host = str(spelled(url.raw_host.decode()))
    except ValueError:
        host = ""
    if not host or not 0 < port_of(url) < 65536:
        raise FetchError("the URL's host or port is none that can exist")
    return url.copy_with(host=host, fragment=None)


def port_of(url: httpx.URL) -> int:
    """The port connected to."""
    return _PORTS[url.scheme] if url.port is None else url.port


def origin(url: httpx.URL) -> tuple[str, bytes, int]:
    """Scheme, host and port: what credentials are for (RFC 6454)."""
    return (url.scheme, url.raw_host, port_of(url))


def host_header(url: httpx.URL) -> str:
    """The value of `Host`: with the port where it is not the scheme's own."""
    return url.netloc.decode()


def basic_auth(url: httpx.URL) -> str | None:
    """`https://user:password@host/` as the value of an `Authorization` header."""
    if not url.userinfo:
        return None
    user, _, password = url.userinfo.partition(b":")
    return "Basic " + base64.b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode()


def without_userinfo(url: httpx.URL) -> httpx.URL:
    """The URL without user and password, as it may be told on."""
    return url.copy_with(userinfo=b"")


def shown(url: httpx.URL) -> str:
    """The URL for people: no user, no password, no query."""
    return str(without_userinfo(url).copy_with(query=None))
