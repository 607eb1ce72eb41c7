"""What a redirect asks for, by the rules of browsers (https://fetch.spec.whatwg.org/#http-redirect-fetch)."""

from dataclasses import dataclass
from typing import Final

import httpx

from pipedreamer.authoring import FetchError
from pipedreamer.runtime.fetch.address import fetchable, origin, without_userinfo
from pipedreamer.runtime.fetch.headers import CREDENTIALS, Headers, without

_STATUSES: Final = frozenset({301, 302, 303, 307, 308})
_OF_THE_BODY: Final = ("content-encoding", "content-language", "content-location", "content-type")


@dataclass(frozen=True, slots=True)
class Target:
    """One request as it is sent; `url` carries neither user nor fragment."""

    method: str
    url: httpx.URL
    headers: Headers
    body: bytes | None


def following(target: Target, status: int, location: str | None) -> Target | None:
    """The request that a redirect asks for, None where the answer is none; raises FetchError for a bad `Location`.

    Credentials stay behind when scheme, host or port change. 303, and 301 and 302 after a POST, go on as GET.
    """
    if status not in _STATUSES or location is None:
        return None
    try:
        url = target.url.join(location)
    except (httpx.InvalidURL, ValueError):
        raise FetchError("was redirected to something that is not a URL") from None
    url = without_userinfo(fetchable(url))
    method, headers, body = target.method, target.headers, target.body
    if (status == 303 and method not in {"GET", "HEAD"}) or (status in {301, 302} and method == "POST"):
        method, headers, body = "GET", without(headers, _OF_THE_BODY), None
    if origin(url) != origin(target.url):
        headers = without(headers, CREDENTIALS)
    return Target(method, url, headers, body)
