"""What nodes may reach: which hosts they may ask for, and which addresses may then be connected to."""

from collections.abc import Sequence
from typing import Final, Literal

from pipedreamer.errors import EgressError
from pipedreamer.runtime.egress.declared import Declared
from pipedreamer.runtime.egress.match import Match, written
from pipedreamer.runtime.egress.own import OwnPorts, is_of_this_machine, no_ports
from pipedreamer.runtime.egress.special import is_private, never, seen_as
from pipedreamer.runtime.egress.spelling import Address, address, spelled
from pipedreamer.spec.permissions import Destination

_ANY_PORT: Final = 0


class Egress:
    """The rules of one workflow's `permissions.net` (contract: permissions); they never change.

    `check_name` before anything is looked up, `check_address` before anything is connected to. Both raise EgressError,
    which says what is refused, why, and which line would permit it; it names no address that a name leads to.
    `own_ports` are never reached, whatever `net` says. Raises ValueError for an entry that is no host.
    """

    def __init__(self, net: Literal["any"] | tuple[Destination, ...], own_ports: OwnPorts = no_ports) -> None:
        self._declared = None if net == "any" else Declared(net)
        self._own_ports = own_ports

    def check_name(self, host: str, port: int) -> Match:
        """How this host and port are declared; the host may be spelled in any way."""
        read = _read(host)
        if not 0 < port < 65536:
            raise EgressError(f"{read} has no port {port}: ports are 1 to 65535")
        if self._declared is None:
            return Match(read, port, "any")
        matches = list(self._declared.matches(read))
        for match in matches:
            if match.port == port:
                return match
        raise _undeclared(read, port, matches)

    def matches(self, name: str) -> tuple[Match, ...]:
        """All that is declared of this name, on whatever ports; raises EgressError where that is nothing."""
        read = _read(name)
        if not isinstance(read, str):
            raise EgressError(f"{read} is an address and no name: connect to it as it is")
        if self._declared is None:
            return (Match(read, _ANY_PORT, "any"),)
        if found := tuple(self._declared.matches(read)):
            return found
        raise EgressError(f'{read} is not declared: add "{read}:PORT" with its port to permissions.net')

    def check_address(self, match: Match, ip: str, port: int) -> str:
        """The address to connect to for what was matched, in its usual spelling."""
        try:
            found = address(ip)
        except ValueError:
            raise EgressError(f"{match} leads to something that is no address nodes can reach") from None
        if not isinstance(match.host, str) and match.host != found:
            raise EgressError(f"{match} is not the address {found}")
        if reason := never(found):
            raise _refused(match, f"an address that is never reached, whatever is declared: {reason}")
        if port in self._own_ports() and any(map(is_of_this_machine, seen_as(found))):
            raise _refused(match, "a port of the engine itself, which is never reached, whatever is declared")
        if match.how == "wildcard" and is_private(found):
            raise _refused(
                match,
                f'a private address, which "{match.entry}" does not cover: add "{match}" to permissions.net',
            )
        return str(found)

    def allowed(self, match: Match, found: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
        """Those of a lookup's addresses and ports that may be connected to; raises EgressError where none is left."""
        kept: list[tuple[str, int]] = []
        refusal = EgressError(f"the name {match.host} has no address")
        for ip, port in reversed(found):
            try:
                kept.append((self.check_address(match, ip, port), port))
            except EgressError as error:
                refusal = error
        if not kept:
            raise refusal
        return kept[::-1]


def _read(host: str) -> Address | str:
    try:
        return spelled(host)
    except ValueError:
        raise EgressError(f"{host[:80]!r} is not a host") from None


def _undeclared(host: Address | str, port: int, matches: list[Match]) -> EgressError:
    others = ", ".join(str(number) for number in sorted({match.port for match in matches}))
    what = f"is declared for port {others} and not {port}" if others else "is not declared"
    return EgressError(f'{written(host, port)} {what}: add "{written(host, port)}" to permissions.net')


def _refused(match: Match, what: str) -> EgressError:
    return EgressError(f"{match} {'leads to' if isinstance(match.host, str) else 'is'} {what}")
