"""What one set of permissions allows that another does not."""

from collections import defaultdict
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from pipedreamer.spec.granted_paths import covers
from pipedreamer.spec.networks import Network, is_within
from pipedreamer.spec.permissions import Destination, Permissions
from pipedreamer.spec.quantity import memory_text


def widened(old: Permissions, new: Permissions) -> tuple[str, ...]:
    """What `new` allows and `old` does not, a phrase each: `connections to a.com:443`; empty where there is nothing.

    A destination counts as allowed where one that covers it was: a wildcard covers the names below its suffix, a
    network its addresses. Which addresses a name leads to is not looked at.
    """
    return (*_net(old, new), *_files(old, new), *_env(old, new), *_memory(old, new), *_secrets(old, new))


def _net(old: Permissions, new: Permissions) -> Iterator[str]:
    if old.net == "any":
        return
    if new.net == "any":
        yield "connections to everywhere"
        return
    known = _Known(old.net)
    yield from (f"connections to {one}" for one in new.net if not known.covers(one))


def _files(old: Permissions, new: Permissions) -> Iterator[str]:
    yield from (f"reading {path}" for path in new.read if not _granted(path, (*old.read, *old.write)))
    yield from (f"writing to {path}" for path in new.write if not _granted(path, old.write))


def _granted(path: str, grants: tuple[str, ...]) -> bool:
    return any(covers(grant, path) for grant in grants)


def _env(old: Permissions, new: Permissions) -> Iterator[str]:
    yield from (f"the environment variable {name}" for name in new.env if name not in old.env)


def _memory(old: Permissions, new: Permissions) -> Iterator[str]:
    if new.memory > old.memory:
        yield f"{memory_text(new.memory)} of memory in place of {memory_text(old.memory)}"


def _secrets(old: Permissions, new: Permissions) -> Iterator[str]:
    if new.secrets is None and old.secrets is not None:
        yield "all secrets in ctx.secrets"
        return
    named = old.inject if new.secrets is None else new.secrets
    yield from (f"the secret {name} in ctx.secrets" for name in named if new.shows(name) and not old.shows(name))
    yield from (f"the secret {name} for ctx.fetch" for name in new.inject if not old.fetches_with(name))


class _Known:
    """Destinations that were allowed before."""

    def __init__(self, destinations: tuple[Destination, ...]) -> None:
        self._hosts = set(destinations)
        self._networks: dict[int, list[Network]] = defaultdict(list)
        for one in destinations:
            if network := _network(one.host):
                self._networks[one.port].append(network)
        for port, networks in self._networks.items():
            self._networks[port] = _merged(networks)

    def covers(self, one: Destination) -> bool:
        if network := _network(one.host):
            return any(is_within(network, known) for known in self._networks.get(one.port, ()))
        return one in self._hosts or any(Destination(f"*.{suffix}", one.port) in self._hosts for suffix in _above(one))


def _above(one: Destination) -> Iterator[str]:
    """`b.c` and `c` for `a.b.c`, and for `*.a.b.c` what it is below besides itself."""
    rest = one.host.removeprefix("*.")
    while "." in rest:
        _, _, rest = rest.partition(".")
        yield rest


def _network(host: str) -> Network | None:
    """An address as a network of its own; None for a name."""
    try:
        return ip_network(host)
    except ValueError:
        return None


def _merged(networks: list[Network]) -> list[Network]:
    """As few networks as hold the same addresses, so that two halves cover the whole."""
    fours = [network for network in networks if isinstance(network, IPv4Network)]
    sixes = [network for network in networks if isinstance(network, IPv6Network)]
    return [*collapse_addresses(fours), *collapse_addresses(sixes)]
