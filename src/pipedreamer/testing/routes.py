"""Which request a canned answer is for: `github /user/repos`, `POST slack /api/*`, `GET https://example.com/x`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipedreamer.errors import FixtureError
from pipedreamer.sandbox.protocol import Fetch
from pipedreamer.spec.wording import shown
from pipedreamer.testing.canned import CannedAnswer, read_answers

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_METHOD: Final = re.compile(r"[A-Z][A-Z-]*")
_URL: Final = re.compile(r"(https?://)([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_FORMS: Final = 'write "service /path" or "https://host/path", with a method before it or not'


@dataclass(frozen=True, slots=True)
class Route:
    """Requests that look alike, and their answers in turn; `*` stands for any text.

    A `target` without `?` fits whatever query a request has. An empty `service` fits every one, as in whole URLs.
    """

    pattern: str
    method: str
    service: str
    target: str
    answers: tuple[CannedAnswer, ...]

    @property
    def weight(self) -> int:
        """How much it says about the requests that it fits."""
        return len(self.pattern) - self.pattern.count("*")

    def fits(self, request: Fetch) -> bool:
        if self.method not in ("", request.method.upper()):
            return False
        if not _matches(self.service or "*", request.service):
            return False
        targets = _targets(request, self.service)
        if "?" not in self.target:
            targets = tuple(target.partition("?")[0] for target in targets)
        return any(_matches(self.target, target) for target in targets)


def http_routes(fetch: Mapping[str, Any], where: str) -> tuple[Route, ...]:
    """A fixture's `fetch`; raises FixtureError, which begins with `where`."""
    return tuple(_http_route(str(key), value, where) for key, value in fetch.items())


def cluster_routes(k8s: Mapping[str, Any], where: str) -> tuple[Route, ...]:
    """A fixture's `k8s`: paths of the Kubernetes API; raises FixtureError, which begins with `where`."""
    routes = []
    for path, value in k8s.items():
        place = f"{where}: k8s {shown(str(path))}"
        if not str(path).startswith(("/", "*")):
            raise FixtureError(f'{place}: a path of the API begins with "/", for example "/api/v1/nodes"')
        routes.append(Route(str(path), "", "", str(path), read_answers(value, place)))
    return tuple(routes)


def choose(routes: Iterable[Route], request: Fetch) -> Route | None:
    """Of the routes that fit the one that says most, of equals the first."""
    return max((route for route in routes if route.fits(request)), key=lambda route: route.weight, default=None)


def _http_route(key: str, value: Any, where: str) -> Route:
    place = f"{where}: fetch {shown(key)}"
    words = key.split()
    method = ""
    if len(words) > 1 and (words[0].upper() in _METHODS or _METHOD.fullmatch(words[0])):
        method = words.pop(0).upper()
    if not 1 <= len(words) <= 2:
        raise FixtureError(f"{place}: {_FORMS}")
    service, target = words if len(words) == 2 else ("", words[0])
    if len(words) == 1 and not _URL.match(target) and target != "*":
        if target.startswith(("/", "?")):
            raise FixtureError(f"{place}: names no service; {_FORMS}")
        service, target = target, "*"
    if not target.startswith(("/", "?", "*")) and not _URL.match(target):
        raise FixtureError(f'{place}: the path must begin with "/"; {_FORMS}')
    return Route(key, method, service, _with_path(target), read_answers(value, place))


def _targets(request: Fetch, service: str) -> tuple[str, ...]:
    """The forms under which a request may be named: its path as given, and as a whole URL."""
    path = request.path.partition("#")[0]
    if _URL.match(path) or request.kind == "k8s":
        return (_with_path(path),)
    url = f"https://api.{request.service}.com{path}"
    return (path,) if service else (path, _with_path(url))


def _with_path(target: str) -> str:
    """A URL with at least "/" after its host; anything else as it is."""
    parts = _URL.fullmatch(target)
    if parts is None or parts[3].startswith("/") or parts[2].endswith("*"):
        return target
    return f"{parts[1]}{parts[2]}/{parts[3]}"


def _matches(pattern: str, text: str) -> bool:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    return re.fullmatch(expression, text, re.DOTALL) is not None
