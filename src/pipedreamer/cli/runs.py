"""`pipedreamer runs`: the runs of a served workflow, from another terminal."""

import json
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from pipedreamer.cli.terminal import Terminal
from pipedreamer.errors import UsageError

Action = Literal["list", "show", "logs", "cancel", "rerun", "export-fixture"]


def command(
    ctx: typer.Context,
    action: Annotated[
        Action, typer.Argument(help="What to do: list, show, logs, cancel, rerun, export-fixture.")
    ] = "list",
    run: Annotated[str, typer.Argument(help="The run's id.")] = "",
    node: Annotated[str, typer.Argument(help="For export-fixture: the node.")] = "",
    url: Annotated[
        str, typer.Option("--url", envvar="PIPEDREAMER_URL", help="Where the engine is.")
    ] = "http://127.0.0.1:8080",
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="File with the engine's token, in place of PIPEDREAMER_TOKEN.")
    ] = None,
    state: Annotated[str | None, typer.Option("--state", help="For list: only runs in this state.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="For list: so many.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="For logs: go on until the run has ended.")] = False,
    from_: Annotated[
        list[str] | None, typer.Option("--from", help="For rerun: this node and what comes after it; repeatable.")
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="For rerun: all nodes, not only what failed.")] = False,
    given: Annotated[str | None, typer.Option("--input", help="For rerun: another input, as JSON.")] = None,
    to: Annotated[Path | None, typer.Option("--to", help="For export-fixture: the file to write.")] = None,
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
                found, _ = client.runs(limit=limit, **({"state": state} if state else {}))
                _show_list(terminal, found)
            case "show":
                _show(terminal, client.run(run))
            case "logs":
                _logs(client, run, follow=follow)
            case "cancel":
                client.cancel(run)
                terminal.say(f"cancelling {run}")
            case "rerun":
                changed = {} if given is None else {"input": _parsed(given)}
                nodes = None if whole or changed else from_ or []
                typer.echo(client.rerun(run, nodes=nodes, **changed))
            case "export-fixture":
                _export(terminal, client.run(run), node, to)


def _show_list(terminal: Terminal, found: list[Any]) -> None:
    if terminal.output == "json":
        import msgspec

        typer.echo(msgspec.json.encode(found).decode())
        return
    if not found:
        terminal.say("no runs yet: start one with `curl -X POST URL/run`")
    for one in found:
        took = "" if one.duration_ms is None else f"{one.duration_ms} ms"
        typer.echo(f"{one.id}  {one.state:<11}  {_time(one.accepted_at)}  {took:>9}  {one.error}".rstrip())


def _show(terminal: Terminal, run: Any) -> None:
    if terminal.output == "json":
        import msgspec

        typer.echo(msgspec.json.encode(run).decode())
        return
    typer.echo(f"{run.id}  {run.state}  {_time(run.accepted_at)}  version {run.version}  trigger {run.trigger}")
    if run.rerun_of:
        typer.echo(f"repeats {run.rerun_of}")
    typer.echo(f"input: {json.dumps(run.input, ensure_ascii=False)[:2000]}")
    for node in run.nodes:
        tries = f"  {len(node.attempts)} attempts" if len(node.attempts) > 1 else ""
        typer.echo(f"{node.id}: {node.state}{tries}")
        if node.state == "succeeded":
            typer.echo(f"  {json.dumps(node.output, ensure_ascii=False)[:2000]}")
        for attempt in node.attempts:
            if attempt.error:
                typer.echo(f"  attempt {attempt.number}: {attempt.error}")


def _logs(client: Any, run: str, *, follow: bool) -> None:
    if not follow:
        for line in client.lines(run):
            typer.echo(f"{_time(line.at)} [{line.node}] {line.level.upper()} {line.message}")
        return
    for kind, told in client.events(run):
        if kind == "log":
            typer.echo(f"{_time(told['at'])} [{told['node']}] {told['level'].upper()} {told['message']}")


def _export(terminal: Terminal, run: Any, name: str, to: Path | None) -> None:
    """The input that a node had, as a fixture of `pipedreamer test`; secrets stay hidden."""
    outputs = {node.id: node.output for node in run.nodes if node.state == "succeeded"}
    known = [node.id for node in run.nodes]
    if name not in known:
        raise UsageError(f"run {run.id} has no node {name!r}; it has {', '.join(known)}")
    fixture = json.dumps({"input": _input_of(run, name, outputs)}, indent=2, ensure_ascii=False) + "\n"
    if to is None:
        typer.echo(fixture, nl=False)
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(fixture)
    terminal.say(f"wrote {to}")


def _input_of(run: Any, name: str, outputs: dict[str, Any]) -> Any:
    parents = next(node.parents for node in run.nodes if node.id == name)
    if not parents:
        return run.input
    if missing := [parent for parent in parents if parent not in outputs]:
        raise UsageError(f"node {name!r} had no input: {missing[0]!r}, before it, did not succeed")
    return outputs[parents[0]] if len(parents) == 1 else {parent: outputs[parent] for parent in parents}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"--input is not JSON: {error}") from None


def _time(ms: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ms / 1000))
