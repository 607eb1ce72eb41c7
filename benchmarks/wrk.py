"""The load generator wrk: one thread, keep-alive connections, the same POST again and again."""

import re
import shutil
import subprocess
import tempfile
import uuid
from dataclasses import dataclass

_UNITS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}


@dataclass(frozen=True, slots=True)
class Answered:
    runs: int
    runs_per_second: float
    p50_ms: float
    p99_ms: float


def found() -> bool:
    return shutil.which("wrk") is not None


_KEYED = """
local number = 0
function request()
  number = number + 1
  wrk.headers["Idempotency-Key"] = "{run}-" .. number
  return wrk.format()
end
"""


def load(port: int, body: bytes, *, connections: int, seconds: float, durable: bool = False) -> Answered:
    """Loads `/run` and says how it was answered; an answer that is no success is an error.

    With `durable` each run has a key of its own: it is on the disk before it begins, and answered when it has ended.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"wrk.method = 'POST'\nwrk.body = [[{body.decode()}]]\n")
        if durable:
            script.write(_KEYED.replace("{run}", uuid.uuid4().hex))
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency", "-s", script.name]
        command.append(f"http://127.0.0.1:{port}/run")
        text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 30).stdout
    return read(text)


def read(text: str) -> Answered:
    """What wrk printed."""
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"wrk met errors:\n{text}")
    return Answered(
        runs=int(_find(r"(\d+) requests in", text)[1]),
        runs_per_second=float(_find(r"Requests/sec:\s+([\d.]+)", text)[1]),
        p50_ms=_ms(text, "50%"),
        p99_ms=_ms(text, "99%"),
    )


def _ms(text: str, percentile: str) -> float:
    value, unit = _find(rf"\b{percentile}\s+([\d.]+)(us|ms|s|m)", text).groups()
    return float(value) * _UNITS[unit]


def _find(pattern: str, text: str) -> re.Match[str]:
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError(f"wrk printed nothing like {pattern}:\n{text}")
    return match
