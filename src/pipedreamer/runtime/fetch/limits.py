"""How much one workflow's fetches may take."""

import math
from dataclasses import dataclass, replace

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Sizes in bytes, times in seconds.

    `at_once` fetches are open together, `at_once_a_worker` of one worker; more wait, for each worker at most
    `waiting`. The requests of one worker that are open or wait hold at most `bytes_held`. `response_body` counts
    decompressed bytes. `headers` holds for each direction. `connect_s` bounds making a connection, TLS included;
    `silence_s` how long the server may send nothing when the node gave no `timeout` of its own.
    """

    at_once: int = 64
    request_body: int = 64 * _MIB
    response_body: float = 64 * _MIB
    headers: int = 64 * 1024
    redirects: int = 10
    connect_s: float = 10.0
    silence_s: float = 30.0
    at_once_a_worker: int = 32
    waiting: int = 4096
    bytes_held: int = 128 * _MIB

    def unending(self) -> "FetchLimits":
        """The same for an answer that may go on for as long as somebody reads it."""
        return replace(self, response_body=math.inf, silence_s=math.inf)
