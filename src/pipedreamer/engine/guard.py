"""By which names and from which pages the engine may be called: its own in `Host`, and no page of another origin.

A browser sends a page's script to any address it can reach, this engine's included, also by a name that its owner
points here (DNS rebinding). So every request must name the engine by a name nobody else can own, and a request that
a browser marks as coming from elsewhere is refused, GET too. Who shows a token may call by any name: a page that was
lured here has none, and proxies such as that of Kubernetes' API server pass on a `Host` of their own.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pipedreamer.engine.answer import Answer, Header, refusal
from pipedreamer.engine.service import Limits

HOST = re.compile(
    rb"(?:\[(?P<v6>[0-9a-f:.]{2,45})\]|(?P<name>[a-z0-9_](?:[a-z0-9._-]{0,252})))(?::[0-9]{1,5})?", re.IGNORECASE
)
SINGLE: Final = frozenset(
    {
        b"host",
        b"origin",
        b"sec-fetch-site",
        b"content-type",
        b"content-length",
        b"content-encoding",
        b"authorization",
        b"pipedreamer-token",
        b"prefer",
        b"idempotency-key",
    }
)
OWN_SITES: Final = frozenset({b"same-origin", b"none"})
REMEMBERED: Final = 256
"""So many spellings of Host are remembered as good; more are checked each time."""

Vouch = Callable[[Mapping[bytes, bytes], Answer], Answer | None]
"""What becomes of a request by an unknown name, and of its refusal, by its headers."""


def repeated(pairs: Sequence[Header]) -> Answer | None:
    """Refuse a header that must stand once and stands twice: two readers would believe different ones."""
    names = [name for name, _ in pairs if name in SINGLE]
    for name in names:
        if names.count(name) > 1:
            return refusal(400, f"the header {name.decode()} stands more than once; send it once")
    return None


class Guard:
    """The names by which one workflow's engine may be called."""

    def __init__(self, workflow: str, limits: Limits, vouch: Vouch = lambda _, refused: refused) -> None:
        self._vouch = vouch
        names = {workflow, *limits.allowed_hosts}
        if limits.namespace:
            names.add(f"{workflow}.{limits.namespace}")
        self._names = frozenset(name.lower().rstrip(".") for name in names)
        service = re.escape(workflow.lower())
        self._service = re.compile(rf"{service}\.[a-z0-9-]{{1,63}}\.svc(?:\.cluster\.local)?")
        self._good: set[bytes] = set()

    def check(self, headers: Mapping[bytes, bytes]) -> Answer | None:
        """The refusal for a request with these headers, or None when it may pass."""
        host = headers.get(b"host")
        if host not in self._good:
            refused = self._check_host(host)
            if refused is not None and (refused.status != 403 or (refused := self._vouch(headers, refused))):
                return refused
        if b"sec-fetch-site" in headers or b"origin" in headers:
            return self._check_origin(headers)
        return None

    def _check_host(self, host: bytes | None) -> Answer | None:
        if not host:
            return refusal(400, "the header Host is missing; send the name or address that you call")
        match = HOST.fullmatch(host)
        if match is None:
            return refusal(400, "the header Host is not a host name or address with an optional port")
        name = (match["v6"] or match["name"]).decode().lower().rstrip(".")
        if not self._known(name):
            return refusal(
                403,
                f"this engine is not known as {name!r}; call it by localhost or its IP address, "
                f"or start it with --allow-host {name}",
            )
        if len(self._good) < REMEMBERED:
            self._good.add(host)
        return None

    def _known(self, name: str) -> bool:
        if name == "localhost" or name.endswith(".localhost") or name in self._names:
            return True
        if self._service.fullmatch(name):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    @staticmethod
    def _check_origin(headers: Mapping[bytes, bytes]) -> Answer | None:
        origin = headers.get(b"origin")
        if headers.get(b"sec-fetch-site", b"none").lower() not in OWN_SITES or (
            origin is not None and origin.lower() != _own_origin(headers)
        ):
            return refusal(403, "calls from a page of another origin are refused; call from a program or a server")
        if b"prefetch" in headers.get(b"sec-purpose", b""):
            return refusal(403, "a browser asked ahead of its user, which could start a run; open the address")
        return None


def _own_origin(headers: Mapping[bytes, bytes]) -> bytes:
    # A proxy that ends TLS says so; a page cannot set this header without asking first, which is refused.
    proxied = headers.get(b"x-forwarded-proto", b"").strip().lower()
    return (b"https://" if proxied == b"https" else b"http://") + headers[b"host"].lower()
