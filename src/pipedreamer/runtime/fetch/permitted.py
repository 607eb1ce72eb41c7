"""What a node's fetch may use: which hosts, and which secrets for them."""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from pipedreamer.authoring import FetchError
from pipedreamer.errors import EgressError
from pipedreamer.runtime.egress import Egress
from pipedreamer.runtime.fetch.address import port_of
from pipedreamer.runtime.fetch.headers import Headers, with_auth
from pipedreamer.spec.permissions import Permissions

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Permitted:
    """One workflow's permissions, asked before a fetch is sent."""

    def __init__(self, permissions: Permissions, egress: Egress) -> None:
        self._permissions = permissions
        self._egress = egress

    @classmethod
    def everything(cls) -> "Permitted":
        """What a workflow without permissions may use."""
        return cls(Permissions(), Egress("any"))

    def check(self, url: httpx.URL) -> None:
        """Raises FetchError where this host and port are not declared."""
        try:
            self._egress.check_name(url.raw_host.decode(), port_of(url))
        except EgressError as error:
            raise FetchError(str(error)) from error

    def with_secret(
        self, headers: Headers, service: str, secrets: Mapping[str, Any], url: httpx.URL, userinfo: str | None
    ) -> Headers:
        """The headers and what the service's secret adds to them; raises FetchError where it must not go there.

        A secret that nodes are not to see (`inject`) goes only to the service's own API and to hosts that the author
        of the workflow named, and only encrypted or to this machine: whoever gets it could show it to the node.
        """
        bare = with_auth(headers, service, None, userinfo)
        if not self._is_usable(service):
            return bare
        full = with_auth(headers, service, secrets.get(service), userinfo)
        if service in self._permissions.inject and full != bare:
            self._check_injected(service, url)
        return full

    def _is_usable(self, service: str) -> bool:
        seen = self._permissions.secrets
        return seen is None or service in seen or service in self._permissions.inject

    def _check_injected(self, service: str, url: httpx.URL) -> None:
        host, port = url.raw_host.decode(), port_of(url)
        if url.scheme != "https" and host not in _LOOPBACK:
            raise FetchError(f"the secret {service} is sent over https:// only, because permissions.inject has it")
        if (url.scheme, host, port) == ("https", f"api.{service.lower()}.com", 443):
            return
        match = self._egress.check_name(host, port)
        if not match.is_named:
            raise FetchError(
                f"the secret {service} is sent only to api.{service}.com and to hosts that permissions.net names, "
                f'because permissions.inject has it: add "{match}" to permissions.net'
            )
