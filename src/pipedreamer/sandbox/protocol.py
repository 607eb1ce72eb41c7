"""The wire between the engine and a worker: msgpack frames behind a 32-bit length, and what they may say.

Both sides import this file and little else. Messages are arrays with a tag in front, so that a TypeScript worker
speaks them as easily. JSON values travel as JSON text in `bytes`: the engine passes them on unread.

Serial numbers: `run` is the engine's number of a run in one worker, `node` the index into `Code.nodes`.
Times are CLOCK_MONOTONIC in nanoseconds, which all processes of a machine share.
"""

from typing import Final, Literal

import msgspec

FRAME_LIMIT: Final = 80 * 1024 * 1024
"""The longest frame either side accepts, in bytes; a longer one ends the connection."""

TEXT_LIMIT: Final = 80 * 1024
"""The longest log line or error a worker sends, in characters; the engine masks it and then cuts it to less.

Who sends a longer one has broken the protocol: the engine does not even look at it.
"""

LOCKED: Final = b"L"
"""The first byte a worker says, before any frame: its lock is closed."""

SHEET_SIZE: Final = 64 * 1024
"""The file in which a worker without a flight page notes the attempts of a turn of its loop, in bytes."""

VALUE_LIMIT: Final = 64 * 1024 * 1024
"""The longest JSON text of one node's output, in bytes."""


class Message(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One frame."""


# engine -> worker


class NodeCode(msgspec.Struct, array_like=True, frozen=True):
    """A node as the worker needs it; `parents` are indices, in the order of the edges.

    `file` is "" for a node in another language, which another worker runs.
    """

    id: str
    file: str
    timeout_ms: int
    retries: int
    parents: tuple[int, ...]


class Observe(msgspec.Struct, array_like=True, frozen=True):
    """The worker tells what its code asks for; `lent` are variables that the workflow's own code gets on asking."""

    lent: dict[str, str] = {}


class Code(Message, frozen=True, tag="code"):
    """What a worker loads, once: `paths` are appended to the import path after the lock, `.pth` files never read."""

    root: str
    nodes: tuple[NodeCode, ...]
    stages: tuple[tuple[int, ...], ...]
    paths: tuple[str, ...] = ()
    jitter: bool = True
    observe: Observe | None = None


class Settings(Message, frozen=True, tag="settings"):
    """Config and secrets as JSON objects, and (in tests) files to answer reads from; for the runs that come after."""

    config: bytes
    secrets: bytes
    files: dict[str, str] = {}


class Run(Message, frozen=True, tag="run"):
    """Run the plan, or what is left of it after an interruption.

    `done` has the outputs of nodes that finished before, `attempts` how often others were begun, `failures` how many
    of those attempts count against their retries. `nodes` are those to run, None for all.
    """

    run: int
    run_id: str
    input: bytes
    done: dict[int, bytes] = {}
    attempts: dict[int, int] = {}
    failures: dict[int, int] = {}
    nodes: tuple[int, ...] | None = None


class Cancel(Message, frozen=True, tag="cancel"):
    """Stop a run's nodes; its outcomes still come."""

    run: int


class Idle(Message, frozen=True, tag="idle"):
    """There was no run for a while: said to a worker without a flight page, whose loop may stand still until then."""


class FetchHead(Message, frozen=True, tag="head"):
    """The status line and headers that a fetch brought."""

    id: int
    status: int
    url: str
    headers: tuple[tuple[str, str], ...]


class FetchData(Message, frozen=True, tag="data"):
    """A piece of a fetch's body."""

    id: int
    data: bytes
    last: bool


class FetchFailed(Message, frozen=True, tag="unfetched"):
    """No answer, or none to its end."""

    id: int
    message: str


# worker -> engine


class Ready(Message, frozen=True, tag="ready"):
    """The code is loaded."""


class LoadFailed(Message, frozen=True, tag="unloaded"):
    """The code cannot be loaded, and why: one line a node."""

    messages: tuple[str, ...]


class Outcome(Message, frozen=True, tag="outcome"):
    """A node's attempt ended.

    `state`: `ok` (then `value` is its output as JSON), `retry` (failed, will be tried again), `failed` (for good),
    `cancelled`. `value` is the message in UTF-8 otherwise. `last` closes the run.
    """

    run: int
    node: int
    attempt: int
    started: int
    ended: int
    state: Literal["ok", "retry", "failed", "cancelled"]
    value: bytes
    last: bool


class LogLine(Message, frozen=True, tag="log"):
    """A line a node wrote by `ctx.log` or `print`."""

    run: int
    node: int
    attempt: int
    level: Literal["debug", "info", "warn", "error"]
    message: str


class Fetch(Message, frozen=True, tag="fetch"):
    """`ctx.fetch`, (`kind` k8s) `ctx.k8s.get`, or (`kind` global) the fetch that TypeScript has of its own.

    `service` and `path` are as the node gave them; a global fetch has a whole URL, gets no secret, and takes as long
    and brings as much as its attempt can do with. `follow` is false where a redirect is the answer.
    """

    id: int
    run: int
    node: int
    kind: Literal["http", "k8s", "global"]
    service: str
    path: str
    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    timeout: float | None
    ca: str | None
    follow: bool = True


class FetchMore(Message, frozen=True, tag="more"):
    """The worker has taken this many bytes of a body; as many more may come."""

    id: int
    taken: int


class FetchStop(Message, frozen=True, tag="stop"):
    """Nobody waits for this fetch any more."""

    id: int


class Observed(Message, frozen=True, tag="observed"):
    """Something that the code asked for, under `Code.observe`; `worker` comes first and once.

    `name` is an absolute path, a variable, a secret or a program. `look` asks whether a path is there,
    `change` makes, moves or removes it. `place` is the workflow's line (`nodes/a.py:3`), `library` the package that
    asked on its behalf, `found` whether a path or secret was there, of what is written to its folder.
    """

    kind: Literal["worker", "read", "look", "write", "change", "env", "secret", "program"]
    name: str = ""
    place: str = ""
    library: str = ""
    found: bool = True


class Begun(Message, frozen=True, tag="begun"):
    """An attempt runs on in the next turn of the loop: said by a worker that has no flight page."""

    run: int
    node: int
    attempt: int
    deadline: int


class Beat(Message, frozen=True, tag="beat"):
    """The loop of a worker without a flight page turns; said every 20 ms while attempts run."""


class Stuck(Message, frozen=True, tag="stuck"):
    """This attempt was told to stop at its timeout and has not: the worker asks to be killed."""

    run: int
    node: int


# beside the frames, where the kernel cannot ask the engine about connects: a message each, on a socket of its own


class ConnectRequest(msgspec.Struct, array_like=True, frozen=True):
    """Begin a connection of TCP to an address, or with port 0: the addresses that stand for a name."""

    host: str
    port: int


class ConnectAnswer(msgspec.Struct, array_like=True, frozen=True):
    """An errno, or with 0 a socket beside the message that is being connected, or `addresses`."""

    error: int
    addresses: tuple[str, ...] = ()


MOST_FETCHES: Final = 256
"""How many fetches of a worker are under way at once; more wait in the worker."""

FETCH_WINDOW: Final = 1024 * 1024
"""How many bytes of a body may be on their way before the worker has taken them."""


def timed_out(node_id: str, timeout_ms: int) -> str:
    """The message of a node that did not end in time, whichever side ended it."""
    return f'Node "{node_id}" timed out after {timeout_ms}ms'


def retry_wait(failures: int) -> float:
    """Seconds before the next attempt after so many failed ones: 0.1, 0.2, 0.4 and so on."""
    return float(0.1 * 2 ** (failures - 1))


ToWorker = Code | Settings | Run | Cancel | Idle | FetchHead | FetchData | FetchFailed
ToEngine = Ready | LoadFailed | Outcome | LogLine | Fetch | FetchMore | FetchStop | Observed | Begun | Beat | Stuck
