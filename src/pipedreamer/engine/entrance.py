"""What is asked of a request before it is answered: who calls, what, and with which input."""

from collections.abc import Mapping, Sequence
from typing import Final

from pipedreamer.engine.access.gate import Gate
from pipedreamer.engine.answer import Answer, Header, refusal
from pipedreamer.engine.body import Input, read_input, refuse_body
from pipedreamer.engine.browsing import without_json
from pipedreamer.engine.guard import Guard, repeated
from pipedreamer.engine.history.history import methods_below_runs
from pipedreamer.engine.run import DRAINING
from pipedreamer.engine.schema import InputSchema
from pipedreamer.engine.service import Service

ROUTES: Final[dict[str, tuple[str, ...]]] = {
    "/run": ("GET", "POST"),
    "/health": (),
    "/ready": ("GET", "HEAD"),
    "/metrics": ("GET", "HEAD"),
    "/workflow": ("GET", "HEAD"),
    "/workflow.json": ("GET", "HEAD"),
    "/openapi.json": ("GET", "HEAD"),
    "/": ("GET", "HEAD"),
    "/login": ("GET", "HEAD", "POST"),
    "/logout": ("POST",),
}
"""Every path and the methods it takes; none named means any."""


class Entrance:
    """A service, and what is asked before it is called; replaced as a whole. Without a `gate` all may call."""

    __slots__ = ("_gate", "_guard", "_schema", "service")

    def __init__(self, service: Service, gate: Gate | None) -> None:
        self.service = service
        self._gate = gate
        self._guard = Guard(service.workflow, service.limits, *(() if gate is None else (gate.vouch,)))
        self._schema = None if service.input_schema is None else InputSchema(service.input_schema)

    def refuse(
        self, method: str, path: str, pairs: Sequence[Header], headers: Mapping[bytes, bytes], draining: bool
    ) -> Answer | None:
        """The refusal of a request for what its head says, before its body is read."""
        if len(headers) != len(pairs):
            refused = repeated(pairs)
            if refused is not None:
                return refused
        refused = self._guard.check(headers)
        if refused is not None:
            return refused
        methods = self._methods(path)
        if self._gate is not None:
            refused = self._gate.refuse(method, path, headers, methods is not None and method in (methods or (method,)))
            if refused is not None:
                return refused
        if methods is None:
            there = [each for each in ROUTES if self._methods(each) is not None]
            return refusal(404, f"there is no path {path[:100]!r}; there are {', '.join(there)}, /runs")
        if methods and method not in methods:
            allow = ", ".join(methods)
            return refusal(405, f"{path} does not take {method}; use {allow}", (b"allow", allow.encode()))
        if path != "/run":
            return None
        if draining:
            return DRAINING
        return refuse_body(headers, self.service.limits.max_body) if method == "POST" else None

    def input(self, body: bytes, headers: Mapping[bytes, bytes], draining: bool) -> Input | Answer:
        """What the run is given, or why there will be none."""
        given = read_input(body, headers.get(b"content-type"))
        if isinstance(given, Answer):
            return given
        if self._schema is not None:
            refused = self._schema.check(given.value, len(given.json))
            if refused is not None:
                return refused
        return DRAINING if draining else given  # that may have begun while the body came in

    def _methods(self, path: str) -> tuple[str, ...] | None:
        """The methods that a path takes, none for any; None where there is no such path."""
        methods = ROUTES.get(path)
        if path in ("/login", "/logout") and self._gate is None:
            return None
        if methods is None and (self.service.history is not None or path == "/runs"):
            methods = methods_below_runs(without_json(path))
        if methods is None and path.startswith("/static/"):
            methods = ("GET", "HEAD")
        return methods
