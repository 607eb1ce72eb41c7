"""A node's wish -> the first request that is sent for it."""

import re
from typing import Any, Final

from pipedreamer.authoring import FetchError
from pipedreamer.runtime.fetch.address import address, basic_auth, host_header, parsed, without_userinfo
from pipedreamer.runtime.fetch.headers import checked, with_defaults
from pipedreamer.runtime.fetch.limits import FetchLimits
from pipedreamer.runtime.fetch.permitted import Permitted
from pipedreamer.runtime.fetch.redirects import Target
from pipedreamer.sandbox.protocol import Fetch

_METHOD = re.compile(r"[A-Z][A-Z-]{0,31}")
_REFUSED: Final = frozenset({"CONNECT", "TRACE", "TRACK"})


def first_target(
    request: Fetch, secrets: dict[str, Any], limits: FetchLimits, permitted: Permitted | None = None
) -> Target:
    """The request for a fetch with what the secrets add; raises FetchError where it may not or cannot be sent."""
    permitted = permitted or Permitted.everything()
    method = request.method.upper()
    if not _METHOD.fullmatch(method) or method in _REFUSED:
        raise FetchError("this method cannot be used")
    if request.body is not None and len(request.body) > limits.request_body:
        raise FetchError(f"the request's body is larger than {limits.request_body} bytes")
    if request.kind == "global":
        url, secrets = parsed(request.path), {}
    else:
        url = address(request.service, request.path)
    bare = without_userinfo(url)
    permitted.check(bare)
    headers = checked(request.headers, host_header(bare))
    headers = permitted.with_secret(headers, request.service, secrets, bare, basic_auth(url))
    return Target(method, bare, with_defaults(headers), request.body)


def name_of(request: Fetch) -> str:
    """What a person calls such a request."""
    return "fetch" if request.kind == "global" else f"ctx.fetch({request.service[:60]!r})"
