"""What is declared and was never used."""

from collections.abc import Iterator

from pipedreamer.errors import EgressError
from pipedreamer.runtime.egress import Egress
from pipedreamer.spec import Destination, Permissions
from pipedreamer.spec.granted_paths import covers


def unused(declared: Permissions, used: Permissions) -> Iterator[tuple[str, str]]:
    """Line and entry of what `declared` names and nothing in `used`, a block of what was seen, needs."""
    if not declared.declared:
        return
    if declared.net == "any":
        yield from [] if used.net else [("net", "any")]
    else:
        yield from (("net", str(one)) for one in declared.net if not _reaches(one, used))
    read = (*used.read, *used.write)
    yield from (("read", path) for path in declared.read if not _meets(path, read))
    yield from (("write", path) for path in declared.write if not _meets(path, used.write))
    yield from (("env", name) for name in declared.env if name not in used.env)
    secrets = (*(used.secrets or ()), *used.inject)
    yield from (("secrets", name) for name in declared.secrets or () if name not in secrets)
    yield from (("inject", name) for name in declared.inject if name not in secrets)


def _reaches(entry: Destination, used: Permissions) -> bool:
    """Whether this entry covers anything that was asked for."""
    egress = Egress((entry,))
    for one in used.net if used.net != "any" else ():
        try:
            egress.check_name(one.host, one.port)
        except EgressError:
            continue
        return True
    return False


def _meets(path: str, others: tuple[str, ...]) -> bool:
    return any(covers(path, one) or covers(one, path) for one in others)
