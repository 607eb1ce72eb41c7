"""Gathers what one node is seen to do, from the worker, the broker and the gateway."""

from pipedreamer.runtime.observing.memory import Scale
from pipedreamer.runtime.observing.sightings import Sighting
from pipedreamer.sandbox.protocol import Observed
from pipedreamer.spec import Destination


class Watch:
    """One try after the other, each between `begin` and `end`; `peaks` has the most memory that each node took."""

    def __init__(self) -> None:
        self.peaks: dict[str, int] = {}
        self._node = ""
        self._data = 0
        self._seen: dict[Sighting, None] = {}
        self._scale: Scale | None = None

    def begin(self, node: str, data: int = 0) -> None:
        """`data` is the memory in bytes that the node's worker takes as it is, where that is a program of its own."""
        self._node, self._data, self._seen = node, data, {}

    def end(self) -> tuple[Sighting, ...]:
        """What was seen since `begin`, in order."""
        if self._scale is not None:
            self._scale.close()
            self.peaks[self._node] = max(self.peaks.get(self._node, 0), self._scale.peak)
            self._scale = None
        return tuple(self._seen)

    def observed(self, process: int, message: Observed) -> None:
        """What a worker tells."""
        if message.kind == "worker":
            if self._scale is not None:
                self._scale.close()
            self._scale = Scale(process, self._data)
        else:
            place, library = message.place, message.library
            self._see(Sighting(message.kind, message.name, self._node, place, library, message.found))

    def host(self, where: Destination, how: str) -> None:
        """Where a fetch or a driver wants to go."""
        self._see(Sighting("net", str(where), self._node, how=how))

    def fetched_with(self, secret: str, how: str) -> None:
        """A fetch was sent with this secret; `how` says why `inject` would not do for it, or is ""."""
        self._see(Sighting("fetched-with", secret, self._node, how=how))

    def _see(self, sighting: Sighting) -> None:
        self._seen[sighting] = None
