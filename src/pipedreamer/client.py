"""A client of a served workflow: start runs, look at them, cancel and repeat them.

with Client("http://127.0.0.1:8080", token=os.environ.get("PIPEDREAMER_TOKEN")) as client:
    run = client.start({"order": 17}, key="order-17")
    print(client.wait(run).state)
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from pipedreamer.errors import EngineAnswerError

_PATIENCE = httpx.Timeout(60.0, read=None)


class RunSummary(msgspec.Struct, frozen=True, rename="camel"):
    """A run in a list; times in milliseconds since 1970."""

    id: str
    state: str
    has_ended: bool
    trigger: str
    version: str
    accepted_at: int
    started_at: int | None = None
    ended_at: int | None = None
    duration_ms: int | None = None
    error: str = ""
    rerun_of: str | None = None


class NodeAttempt(msgspec.Struct, frozen=True, rename="camel"):
    """One attempt at a node."""

    number: int
    state: str
    started_at: int
    ended_at: int | None = None
    error: str = ""


class NodeState(msgspec.Struct, frozen=True, rename="camel"):
    """What a node of a run came to."""

    id: str
    state: str
    parents: tuple[str, ...] = ()
    attempts: tuple[NodeAttempt, ...] = ()
    output: Any = None
    output_size: int | None = None


class RunDetail(RunSummary, frozen=True, rename="camel"):
    """All of a run but its log."""

    input: Any = None
    nodes: tuple[NodeState, ...] = ()
    rerun_from: tuple[str, ...] = ()


class LogLine(msgspec.Struct, frozen=True):
    """A line of a run's log."""

    n: int
    at: int
    node: str
    attempt: int
    level: str
    message: str


class Client:
    """Speaks with one engine. Everything raises `EngineAnswerError` where it does not answer, or refuses.

    `token` is sent where one is given, and never to another address: redirects are not followed.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        *,
        token: str | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        # Not as Authorization: the proxy of Kubernetes' API server keeps that for itself.
        headers = {"Pipedreamer-Token": token} if token else {}
        address = url.rstrip("/") + "/"
        self._http = httpx.Client(base_url=address, timeout=_PATIENCE, transport=transport, headers=headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of its connections."""
        self._http.close()

    def start(self, given: Any = None, *, key: str | None = None) -> str:
        """Begin a durable run, and its id; the same `key` with the same input is the same run."""
        headers = {"Prefer": "respond-async"} | ({"Idempotency-Key": key} if key else {})
        started: str = self._ask("POST", "run", json={} if given is None else given, headers=headers)["id"]
        return started

    def runs(
        self, *, before: str | None = None, limit: int = 50, **filters: str
    ) -> tuple[list[RunSummary], str | None]:
        """A page of runs, newest first, and what to pass as `before` for the next one."""
        asked = {"limit": str(limit), **filters} | ({"before": before} if before else {})
        page = self._ask("GET", "runs", params=asked)
        return msgspec.convert(page["runs"], list[RunSummary]), page["next"]

    def run(self, run_id: str) -> RunDetail:
        """One run."""
        return msgspec.convert(self._ask("GET", f"runs/{run_id}"), RunDetail)

    def lines(self, run_id: str, *, after: int = 0) -> Iterator[LogLine]:
        """The log so far."""
        while True:
            page = self._ask("GET", f"runs/{run_id}/logs", params={"after": str(after)})
            found = msgspec.convert(page["lines"], list[LogLine])
            yield from found
            if page["next"] is None:
                return
            after = page["next"]

    def events(self, run_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """What has happened in a run and what happens, until it has ended: `log`, `node` and `run`."""
        with self._refusing(), self._http.stream("GET", f"runs/{run_id}/events") as answer:
            if answer.status_code != 200:
                answer.read()
                raise _refused(answer)
            kind = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data: "):
                    yield kind, json.loads(line[6:])

    def wait(self, run_id: str) -> RunDetail:
        """The run once it has ended."""
        for _ in self.events(run_id):
            pass
        return self.run(run_id)

    def cancel(self, run_id: str) -> None:
        """Stop a run and its nodes."""
        self._ask("POST", f"runs/{run_id}/cancel")

    def rerun(self, run_id: str, *, nodes: Sequence[str] | None = None, **given: Any) -> str:
        """Repeat a run, and the new one's id: whole, with `nodes=[]` what failed, or from these on.

        With `input` it is repeated whole, with that input.
        """
        wish: Mapping[str, Any] = {"from": None if nodes is None else list(nodes), **given}
        again: str = self._ask("POST", f"runs/{run_id}/rerun", json=wish)["id"]
        return again

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        with self._refusing():
            answer = self._http.request(method, path, **options)
        if answer.status_code >= 300:
            raise _refused(answer)
        return answer.json()

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Turns a connection's errors into ours."""
        try:
            yield
        except httpx.HTTPError as error:
            raise EngineAnswerError(
                0, f"no engine answers at {self._http.base_url} ({error}); start one, or name another"
            ) from error


def _refused(answer: httpx.Response) -> EngineAnswerError:
    try:
        text = str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        text = f"{answer.url} answered {answer.status_code}; is an engine there?"
    else:
        if answer.status_code == 401:
            text = _unwelcome(answer.request)
    return EngineAnswerError(answer.status_code, text)


def _unwelcome(request: httpx.Request) -> str:
    if "Pipedreamer-Token" in request.headers:
        return f"the engine at {request.url} does not know the token that was sent; give one that it has"
    return (
        f"the engine at {request.url} asks for a token: set PIPEDREAMER_TOKEN or give --token-file; in Python "
        "Client(token=...)"
    )
