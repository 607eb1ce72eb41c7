"""What a workflow's nodes may reach over the network, whoever connects for them.

Duty: the rules of `permissions.net` (`Egress`), the one lookup of names, and the addresses that stand for names in a
worker (`MappedNames`); `DriverGateway` answers a worker's connects and DNS queries with these. It must not connect to
anything, and know nothing of HTTP, runs or how workers are made.
"""

from pipedreamer.runtime.egress.dns_answers import answer_query
from pipedreamer.runtime.egress.gateway import DriverGateway
from pipedreamer.runtime.egress.lookup import Lookup, lookup_by_system
from pipedreamer.runtime.egress.match import Match
from pipedreamer.runtime.egress.names import MappedNames
from pipedreamer.runtime.egress.own import OwnPorts, no_ports
from pipedreamer.runtime.egress.rules import Egress

__all__ = [
    "DriverGateway",
    "Egress",
    "Lookup",
    "MappedNames",
    "Match",
    "OwnPorts",
    "answer_query",
    "lookup_by_system",
    "no_ports",
]
