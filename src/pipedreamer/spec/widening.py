"""What one set of permissions allows that another does not."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from pipedreamer.spec.granted_paths import covers
from pipedreamer.spec.networks import Network, is_within
from pipedreamer.spec.permissions import Destination, Permissions
from pipedreamer.spec.quantity import memory_text


def widened(old: Permissions, new: Permissions) -> tuple[str, ...]:
    """What `new` allows and `old` does not, a phrase each: `connections to a.com:443`; empty where there is nothing.

    A destination counts as allowed where one that covers it was: a wildcard covers the wildcards below its suffix, a
    network its addresses. A name is more than the wildcard above it: it may lead to a private address (contract:
    permissions).
    """
    secrets = (*_secrets(old, new), *_sent(old, new))
    return (*_net(old, new), *_files(old, new), *_env(old, new), *_memory(old, new), *secrets)


def _net(old: Permissions, new: Permissions) -> Iterator[str]:
    if old.net == "any":
        return
    if new.net == "any":
        yield "connections to everywhere"
        return
    before = _Known(old.net)
    yield from (f"connections to {one}" for one in new.net if not before.reaches(one))


def _unknown(net: Iterable[Destination], known: Iterable[Destination]) -> Iterator[Destination]:
    before = _Known(known)
    return (one for one in net if not before.covers(one))


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


def _sent(old: Permissions, new: Permissions) -> Iterator[str]:
    """Injected secrets go only to hosts that `net` names, so one that is newly named gets them, also after `any`."""
    if new.net == "any":
        return
    named = [one for one in new.net if "/" not in one.host]
    before = [] if old.net == "any" else [one for one in old.net if "/" not in one.host]
    untold = set(named) if old.net == "any" else set(named) - set(_unknown(named, old.net))
    for secret in new.inject:
        if secret in old.inject:
            own = Destination(f"api.{secret.lower()}.com", 443)
            more = [one for one in _unknown(named, [*before, own]) if one in untold]
            yield from (f"the secret {secret} to {one}" for one in more)


class _Known:
    """Destinations that were allowed before."""

    def __init__(self, destinations: Iterable[Destination]) -> None:
        self._hosts = set(destinations)
        self._networks: dict[int, list[Network]] = defaultdict(list)
        for one in self._hosts:
            if network := _network(one.host):
                self._networks[one.port].append(network)
        for port, networks in self._networks.items():
            self._networks[port] = _merged(networks)

    def reaches(self, one: Destination) -> bool:
        """Whether every address that `one` may lead to could be reached before."""
        is_name = _network(one.host) is None and not one.host.startswith("*.")
        return one in self._hosts if is_name else self.covers(one)

    def covers(self, one: Destination) -> bool:
        """Whether `one` is a name, wildcard or network within those of before."""
        if network := _network(one.host):
            return any(is_within(network, known) for known in self._networks.get(one.port, ()))
        return one in self._hosts or any(Destination(f"*.{suffix}", one.port) in self._hosts for suffix in _above(one))


def _above(one: Destination) -> Iterator[str]:
    """`b.c` and `c` for `a.b.c`."""
    rest = one.host
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
