"""`permissions.net` as something that can be asked which of its entries covers a host and port."""

from collections import defaultdict
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from pipedreamer.runtime.egress.match import How, Match, written
from pipedreamer.runtime.egress.spelling import Address, spelled
from pipedreamer.spec.permissions import Destination


class Declared:
    """The entries of `net`; raises ValueError for one that is no host.

    A name covers itself, `*.example.com` every name below example.com and not itself, an address or network the
    addresses that are written as such: never a name that leads there.
    """

    def __init__(self, entries: tuple[Destination, ...]) -> None:
        self._hosts: dict[Address | str, set[int]] = defaultdict(set)
        self._suffixes: dict[str, set[int]] = defaultdict(set)
        self._networks: dict[IPv4Network | IPv6Network, set[int]] = defaultdict(set)
        for entry in entries:
            self._add(entry.host, entry.port)

    def matches(self, host: Address | str) -> Iterator[Match]:
        """Every entry that covers the host, the most exact first."""
        for port in sorted(self._hosts.get(host, ())):
            yield Match(host, port, "name" if isinstance(host, str) else "address", written(host, port))
        for how, text, ports in self._wider(host):
            for port in sorted(ports):
                yield Match(host, port, how, str(Destination(text, port)))

    def _wider(self, host: Address | str) -> Iterator[tuple[How, str, set[int]]]:
        if isinstance(host, str):
            while "." in host:
                _, _, host = host.partition(".")
                if host in self._suffixes:
                    yield "wildcard", f"*.{host}", self._suffixes[host]
        else:
            for network, ports in self._networks.items():
                if host in network:
                    yield "network", str(network), ports

    def _add(self, host: str, port: int) -> None:
        if host.startswith("*."):
            self._suffixes[str(spelled(host[2:]))].add(port)
        elif "/" in host:
            network = ip_network(host)
            self._networks[network].add(port)
        else:
            self._hosts[spelled(host)].add(port)
