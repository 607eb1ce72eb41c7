"""The engine starts without the HTTP libraries: they load with the first fetch."""

import subprocess
import sys

from pipedreamer.runtime.fetch.limits import FetchLimits

SCRIPT = """
import sys
import pipedreamer.runtime.http_broker, pipedreamer.runtime.mask
pipedreamer.runtime.http_broker.HttpBroker(dict)
heavy = ("httpx", "httpcore", "anyio", "h2", "certifi", "yaml", "pipedreamer.runtime.egress", "dns")
print([name for name in heavy if name in sys.modules])
"""


def test_a_broker_is_made_without_loading_the_http_libraries() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_limits_are_the_documented_ones() -> None:
    mib = 1024 * 1024
    assert FetchLimits() == FetchLimits(64, 64 * mib, 64 * mib, 65536, 10, 10.0, 30.0, 32, 4096, 128 * mib)
