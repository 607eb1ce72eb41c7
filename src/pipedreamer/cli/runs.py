"""`pipedreamer runs`: the runs of a served workflow, from another terminal."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pipedreamer.cli.fixture_of_run import fixture
from pipedreamer.cli.terminal import Terminal
from pipedreamer.errors import UsageError

if TYPE_CHECKING:
    from pipedreamer.client import Client, RunDetail, RunSummary

_LONGEST = 2000
"""A value on the screen has so many characters."""

Action = Annotated[
    Literal["list", "show", "logs", "cancel", "rerun", "export-fixture"],
    typer.Argument(help="What to do: list, show, logs, cancel, rerun, export-fixture."),
]
Run = Annotated[str, typer.Argument(help="The run's id.")]
Node = Annotated[str, typer.Argument(help="For export-fixture: the node.")]
Url = Annotated[str, typer.Option("--url", envvar="PIPEDREAMER_URL", help="Where the engine is.")]
TokenFile = Annotated[
    Path | None, typer.Option("--token-file", help="File with the engine's token, in place of PIPEDREAMER_TOKEN.")
]
State = Annotated[str | None, typer.Option("--state", help="For list: only runs in this state.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=500, help="For list: so many.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="For logs: go on until the run has ended.")]
From = Annotated[
    list[str] | None, typer.Option("--from", help="For rerun: this node and what comes after it; repeatable.")
]
Whole = Annotated[bool, typer.Option("--whole", help="For rerun: all nodes, not only what failed.")]
Input = Annotated[str | None, typer.Option("--input", help="For rerun: another input, as JSON.")]
To = Annotated[Path | None, typer.Option("--to", help="For export-fixture: the file to write.")]


def command(
    ctx: typer.Context,
    action: Action = "list",
    run: Run = "",
    node: Node = "",
    url: Url = "http://127.0.0.1:8080",
    token_file: TokenFile = None,
    state: State = None,
    limit: Limit = 20,
    follow: Follow = False,
    from_: From = None,
    whole: Whole = False,
    given: Input = None,
    to: To = None,
) -> None:
    """Look at the runs of a served workflow, cancel and repeat them."""
    from pipedreamer.cli.token_file import shown_token
    from pipedreamer.client import Client

    terminal: Terminal = ctx.obj
    if action != "list" and not run:
        raise UsageError(f"`pipedreamer runs {action}` needs a run's id; `pipedreamer runs list` shows them")
    with Client(url, token=shown_token(token_file)) as client:
        match action:
            case "list":
                _list(terminal, client, limit, state)
            case "show":
                found = client.run(run)
                _tell(terminal, found, _lines_of(found))
            case "logs":
                _logs(client, run, follow=follow)
            case "cancel":
                client.cancel(run)
                terminal.say(f"cancelling {run}")
            case "rerun":
                changed = {} if given is None else {"input": _parsed(given)}
                typer.echo(client.rerun(run, nodes=None if whole or changed else from_ or [], **changed))
            case "export-fixture":
                _export(terminal, fixture(client.run(run), node), to)


def _list(terminal: Terminal, client: "Client", limit: int, state: str | None) -> None:
    found, _ = client.runs(limit=limit, **({"state": state} if state else {}))
    if not found and terminal.output != "json":
        terminal.say("no runs yet: start one with `curl -X POST URL/run`")
    _tell(terminal, found, (_line_of(one) for one in found))


def _tell(terminal: Terminal, found: Any, lines: Iterator[str]) -> None:
    """As JSON for programs, in lines for people."""
    if terminal.output == "json":
        import msgspec

        typer.echo(msgspec.json.encode(found).decode())
        return
    for line in lines:
        typer.echo(line)


def _line_of(run: "RunSummary") -> str:
    took = "" if run.duration_ms is None else f"{run.duration_ms} ms"
    return f"{run.id}  {run.state:<11}  {_time(run.accepted_at)}  {took:>9}  {run.error}".rstrip()


def _lines_of(run: "RunDetail") -> Iterator[str]:
    yield f"{run.id}  {run.state}  {_time(run.accepted_at)}  version {run.version}  trigger {run.trigger}"
    if run.rerun_of:
        yield f"repeats {run.rerun_of}"
    yield f"input: {_shown(run.input)}"
    for node in run.nodes:
        tries = f"  {len(node.attempts)} attempts" if len(node.attempts) > 1 else ""
        yield f"{node.id}: {node.state}{tries}"
        if node.state == "succeeded":
            yield f"  {_shown(node.output)}"
        for attempt in node.attempts:
            if attempt.error:
                yield f"  attempt {attempt.number}: {attempt.error}"


def _logs(client: "Client", run: str, *, follow: bool) -> None:
    if not follow:
        for line in client.lines(run):
            typer.echo(f"{_time(line.at)} [{line.node}] {line.level.upper()} {line.message}")
        return
    for kind, told in client.events(run):
        if kind == "log":
            typer.echo(f"{_time(told['at'])} [{told['node']}] {told['level'].upper()} {told['message']}")


def _export(terminal: Terminal, text: str, to: Path | None) -> None:
    if to is None:
        typer.echo(text, nl=False)
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(text)
    terminal.say(f"wrote {to}")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"--input is not JSON: {error}") from None


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:_LONGEST]


def _time(ms: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ms / 1000))
