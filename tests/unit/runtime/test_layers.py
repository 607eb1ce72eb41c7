"""What holds on a machine, in words, and when that is not enough."""

import msgspec
import pytest

from pipedreamer.errors import SandboxError
from pipedreamer.runtime.layers import OPEN, demanded, layers, limited
from pipedreamer.sandbox.lock.policy import Held, Policy
from pipedreamer.spec.permissions import Destination

ALL = Held(namespaces="", landlock=7, seccomp="", notify="", data_limit="", threads=True)
GVISOR = Held(namespaces="", landlock=0, seccomp="", notify="Invalid argument", data_limit="not enforced", threads=True)
BARE = Held(namespaces="not permitted", landlock=0, seccomp="no", notify="no", data_limit="not enforced", threads=False)


@pytest.mark.parametrize("held", [ALL, GVISOR, msgspec.structs.replace(ALL, namespaces="not permitted")])
def test_each_of_files_calls_network_and_memory_is_held_by_some_layer(held: Held) -> None:
    assert not [text for text in layers(held, Policy()).values() if text.startswith(OPEN)]
    demanded("required", held, Policy())


def test_what_is_required_and_missing_is_named_all_at_once() -> None:
    with pytest.raises(SandboxError) as raised:
        demanded("required", BARE, Policy())
    for name in ("files", "system calls", "network"):
        assert name in str(raised.value)
    assert "--sandbox best-effort" in str(raised.value)
    demanded("best-effort", BARE, Policy())


def test_an_old_landlock_does_not_hold_files() -> None:
    held = msgspec.structs.replace(ALL, namespaces="not permitted", landlock=2)
    assert layers(held, Policy())["files"].startswith(OPEN)


def test_declared_servers_that_only_drivers_reach_are_named_where_not_all_drivers_can() -> None:
    net = (Destination("api.github.com", 443), Destination("db.data.svc", 5432))
    assert "db.data.svc:5432" in limited(GVISOR, net)
    assert "github" not in limited(GVISOR, net)
    assert limited(ALL, net) == ""
    assert limited(GVISOR, net[:1]) == ""
