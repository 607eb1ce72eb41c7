"""What a workflow's nodes may reach over the network, whoever connects for them.

Duty: the rules of `permissions.net` (`Egress`), and the one lookup of names. It must not connect to anything, and know
nothing of HTTP, runs or workers.
"""

from pipedreamer.runtime.egress.lookup import Lookup, lookup_by_system
from pipedreamer.runtime.egress.match import Match
from pipedreamer.runtime.egress.own import OwnPorts, no_ports
from pipedreamer.runtime.egress.rules import Egress

__all__ = [
    "Egress",
    "Lookup",
    "Match",
    "OwnPorts",
    "lookup_by_system",
    "no_ports",
]
