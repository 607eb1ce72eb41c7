"""`serve --tokens`: who gets in where, rotation while it runs, proxies, and what does not start."""

import json
import re
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
from tests.acceptance.conftest import Person
from tests.acceptance.proxying import proxied
from tests.acceptance.running import PATIENCE, Engine, StartEngine, eventually
from tests.conftest import WriteWorkflow

from pipedreamer.client import Client
from pipedreamer.engine.entrance import ROUTES
from pipedreamer.errors import EngineAnswerError

ECHO = "def run(ctx, input):\n    return input\n"
TEXT = {scope: f"{scope}-token-of-the-test" for scope in ("read", "run", "admin")}
HTML = {"accept": "text/html"}
MADE_UP = "made-up-token-of-nobody"


def shown(text: str | None) -> dict[str, str]:
    return {} if text is None else {"pipedreamer-token": text}


@dataclass(frozen=True)
class Guarded:
    """An engine that asks for tokens, and the folder that they are in."""

    engine: Engine
    tokens: Path

    def status(self, method: str, path: str, text: str | None, headers: Mapping[str, str] | None = None) -> int:
        return self.engine.ask(method, path, None, {**shown(text), **(headers or {})}).status


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    folder = tmp_path / "tokens"
    folder.mkdir()
    for scope, text in TEXT.items():
        (folder / f"{scope}er.{scope}").write_text(f"{text}\n")
    return folder


@pytest.fixture
def guard(write_workflow: WriteWorkflow, start: StartEngine, tokens: Path) -> Callable[..., Guarded]:
    def guard(*words: str) -> Guarded:
        engine = start("serve", write_workflow({"echo": ECHO}), "--tokens", tokens, "--verbose", *words)
        return Guarded(engine, tokens)

    return guard


RULES = {
    ("GET", "/health"): "nothing",
    ("POST", "/health"): "nothing",
    ("GET", "/ready"): "nothing",
    ("HEAD", "/ready"): "nothing",
    ("GET", "/login"): "nothing",
    ("HEAD", "/login"): "nothing",
    ("GET", "/static/FILE"): "nothing",
    ("GET", "/"): "read",
    ("HEAD", "/"): "read",
    ("GET", "/workflow"): "read",
    ("HEAD", "/workflow"): "read",
    ("GET", "/workflow.json"): "read",
    ("HEAD", "/workflow.json"): "read",
    ("GET", "/metrics"): "read",
    ("HEAD", "/metrics"): "read",
    ("GET", "/openapi.json"): "read",
    ("HEAD", "/openapi.json"): "read",
    ("GET", "/runs"): "read",
    ("GET", "/runs.json"): "read",
    ("GET", "/runs/RUN"): "read",
    ("GET", "/runs/RUN.json"): "read",
    ("HEAD", "/runs/RUN"): "read",
    ("GET", "/runs/RUN/logs"): "read",
    ("GET", "/runs/RUN/input"): "read",
    ("GET", "/runs/RUN/events"): "read",
    ("GET", "/runs/RUN/nodes/echo/output"): "read",
    ("GET", "/run"): "run",
    ("POST", "/run"): "run",
    ("POST", "/run?wait=false"): "run",
    ("POST", "/runs/RUN/cancel"): "run",
    ("POST", "/runs/RUN/rerun"): "run",
}
"""What each route takes. Logging in and out are not among them: they have tests of their own."""
CALLERS = {"none": None, "wrong": MADE_UP, **TEXT}
MAY = {"nothing": set(CALLERS), "read": set(TEXT), "run": {"run", "admin"}}


def test_the_table_has_every_route() -> None:
    routes = {(method, path) for path, methods in ROUTES.items() for method in methods or ("GET", "POST")}
    assert routes - set(RULES) == {("POST", "/login"), ("POST", "/logout")}


def test_every_route_lets_in_whom_it_should_and_nobody_else(guard: Callable[..., Guarded]) -> None:
    guarded = guard()
    engine = guarded.engine
    run_id = engine.ask("POST", "/run", "{}", shown(TEXT["run"])).json["runId"]
    page = engine.ask("GET", "/login", None, HTML).body.decode()
    file = re.findall(r'href="\./(static/[^"]+\.css)"', page)[0]
    wrong = {}
    for (method, path), need in RULES.items():
        place = path.replace("RUN", run_id).replace("/static/FILE", f"/{file}")
        for who, text in CALLERS.items():
            status = guarded.status(method, place, text)
            let_in = status < 400 or status == 409  # a run that has ended is not cancelled
            refused = status == (401 if who in ("none", "wrong") else 403)
            if (who in MAY[need]) != let_in or let_in == refused:
                wrong[method, path, who] = status
    assert wrong == {}
    for text in (*TEXT.values(), MADE_UP):
        assert text not in engine.out + engine.err
    assert engine.ask("GET", "/health").json == {"status": "ok"}


def test_tokens_are_rotated_while_it_runs_and_streams_and_logins_end_with_them(guard: Callable[..., Guarded]) -> None:
    guarded = guard()
    engine, folder = guarded.engine, guarded.tokens
    cookie = (
        engine.ask(
            "POST",
            "/login",
            f"token={TEXT['read']}",
            {"origin": f"http://127.0.0.1:{engine.port}", "content-type": "application/x-www-form-urlencoded"},
        )
        .headers["set-cookie"]
        .partition(";")[0]
    )
    assert guarded.status("GET", "/runs", None, {"cookie": cookie}) == 200
    listener = Listener(engine, TEXT["read"])
    (folder / "next.read").write_text("next-token-to-read\n")
    eventually(lambda: guarded.status("GET", "/runs", "next-token-to-read") == 200)
    assert guarded.status("GET", "/runs", TEXT["read"]) == 200
    (folder / "reader.read").unlink()
    eventually(lambda: guarded.status("GET", "/runs", TEXT["read"]) == 401)
    assert guarded.status("GET", "/runs", "next-token-to-read") == 200
    assert guarded.status("GET", "/runs", None, {"cookie": cookie}) == 401
    listener.ended()
    (folder / "broken.run").write_text("short")
    engine.says("is shorter than 16 characters and could be guessed")
    assert guarded.status("GET", "/runs", "next-token-to-read") == 200
    metrics = engine.ask("GET", "/metrics", None, shown("next-token-to-read")).body.decode()
    assert int(float(re.findall(r"^pipedreamer_settings_failures_total (\S+)$", metrics, re.MULTILINE)[0])) >= 1


class Listener:
    """Hears the events of all runs, until that ends."""

    def __init__(self, engine: Engine, text: str) -> None:
        connection = HTTPConnection("127.0.0.1", engine.port, timeout=PATIENCE)
        connection.request("GET", "/runs/events", headers=shown(text))
        answer = connection.getresponse()
        assert answer.status == 200
        self._thread = threading.Thread(target=answer.read, daemon=True)
        self._thread.start()

    def ended(self) -> None:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


def test_an_open_address_is_refused_without_tokens(
    write_workflow: WriteWorkflow, person: Person, start: StartEngine, tokens: Path
) -> None:
    flow = write_workflow({"echo": ECHO})
    for command in ("serve", "dev"):
        for host in ("0.0.0.0", "::"):  # noqa: S104
            done = person.run(command, str(flow), "--host", host, "--port", "0")
            assert done.returncode == 2
            assert f"everybody who reaches {host} could run this workflow" in done.stderr
            assert "pipedreamer token > tokens/me.admin" in done.stderr
            assert "--no-login" in done.stderr
    open_to_all = start("serve", flow, "--host", "0.0.0.0", "--no-login", "--record", "none")  # noqa: S104
    assert open_to_all.ask("POST", "/run", "{}").status == 200
    guarded = start("serve", flow, "--host", "0.0.0.0", "--tokens", tokens, "--record", "none")  # noqa: S104
    assert guarded.ask("POST", "/run", "{}").status == 401
    assert guarded.ask("POST", "/run", "{}", {"authorization": f"Bearer {TEXT['run']}"}).status == 200


def test_running_can_be_open_where_all_else_is_not(guard: Callable[..., Guarded]) -> None:
    guarded = guard("--open-run")
    assert guarded.status("POST", "/run", None) == 200
    assert guarded.status("GET", "/runs", None) == 401


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--tokens", "TOKENS", "--no-login"), 2, "--tokens and --no-login contradict each other"),
        (("--open-run",), 2, "give --tokens too"),
        (("--tokens", "nowhere"), 1, "nowhere: there is no such file or folder"),
        (("--tokens", "EMPTY"), 1, "holds no token; `pipedreamer token` makes one"),
        (("--tokens", "SHORT"), 1, "is shorter than 16 characters"),
        (("--tokens", "FLOW/nodes"), 2, "is in the workflow's folder, where its nodes read it"),
        (("--tokens", "GRANTED"), 2, "which the permissions let nodes read"),
        (("--tokens", "TOKENS/runer.run", "--secrets", "TOKENS"), 2, "is among the secrets that nodes are given"),
        (("--tokens", "TOKENS", "--secrets", "TOKENS"), 2, "is among the secrets that nodes are given"),
    ],
)
def test_what_makes_no_sense_does_not_start(
    words: tuple[str, ...], code: int, said: str, write_workflow: WriteWorkflow, person: Person, tokens: Path
) -> None:
    granted = tokens.with_name("granted")
    flow = write_workflow({"echo": ECHO}, extra=f"permissions: {{read: [{granted}]}}")
    places = {"TOKENS": tokens, "FLOW": flow, "EMPTY": tokens.with_name("empty"), "SHORT": tokens.with_name("short")}
    places["GRANTED"] = granted
    shutil.copytree(tokens, granted)
    places["EMPTY"].mkdir()
    places["SHORT"].write_text("ada: {token: twelveletter, scope: run}")
    for name, place in places.items():
        words = tuple(word.replace(name, str(place)) for word in words)
    done = person.run("serve", str(flow), "--port", "0", *words)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "twelveletter" not in done.stderr


def test_a_dotted_folder_of_the_workflow_may_hold_tokens(
    write_workflow: WriteWorkflow, start: StartEngine, person: Person
) -> None:
    look = """\
        from pathlib import Path

        def run(ctx, input):
            try:
                return (Path(__file__).parents[1] / ".tokens" / "me.admin").read_text()
            except OSError as error:
                return type(error).__name__
    """
    text = person.run("token").stdout.strip()
    flow = write_workflow({"look": look}, files={".tokens/me.admin": text})
    engine = start("serve", flow, "--tokens", flow / ".tokens")
    answer = engine.ask("POST", "/run", "{}", shown(text))
    assert answer.outputs["look"] in ("FileNotFoundError", "PermissionError")


def test_the_command_prints_a_new_token_each_time(person: Person) -> None:
    texts = {person.run("token").stdout for _ in range(3)}
    assert len(texts) == 3
    assert all(re.fullmatch(r"[\w-]{43}\n", text) for text in texts)
    assert len(json.loads(person.run("-o", "json", "token").stdout)["token"]) == 43


def test_runs_sends_the_token_of_a_file_or_the_environment(guard: Callable[..., Guarded], person: Person) -> None:
    guarded = guard()
    at = ("--url", f"http://127.0.0.1:{guarded.engine.port}")
    done = person.run("runs", *at)
    assert done.returncode == 1
    assert "asks for a token: set PIPEDREAMER_TOKEN or give --token-file" in done.stderr
    done = person.run("runs", *at, env={"PIPEDREAMER_TOKEN": MADE_UP})
    assert "does not know the token that was sent" in done.stderr
    assert MADE_UP not in done.stderr
    assert person.run("runs", *at, env={"PIPEDREAMER_TOKEN": TEXT["read"]}).stderr.startswith("no runs yet")
    file = str(guarded.tokens / "reader.read")
    assert person.run("runs", *at, "--token-file", file).stderr.startswith("no runs yet")
    run_id = guarded.engine.ask("POST", "/run", "{}", shown(TEXT["run"])).json["runId"]
    done = person.run("runs", "rerun", run_id, *at, "--token-file", file)
    assert done.returncode == 1
    assert done.stderr == "error: this takes a token of the scope run; reader has read\n"
    done = person.run("runs", *at, "--token-file", str(guarded.tokens))
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    (person.folder / "two-lines").write_text("one\ntwo\n")
    done = person.run("runs", *at, "--token-file", "two-lines")
    assert (done.returncode, "must hold a token and nothing else" in done.stderr) == (2, True)


def test_a_client_speaks_through_a_proxy_that_keeps_authorization(guard: Callable[..., Guarded]) -> None:
    guarded = guard()
    with proxied(guarded.engine.port, host="api.cluster.example:6443") as address:
        with Client(address, token=TEXT["run"]) as client:
            run_id = client.start({"n": 1})
            assert client.wait(run_id).nodes[0].output == {"n": 1}
            assert [one.id for one in client.runs()[0]] == [run_id]
            assert client.wait(client.rerun(run_id)).state == "succeeded"
        with Client(address, token=MADE_UP) as client, pytest.raises(EngineAnswerError, match="does not know") as told:
            client.runs()
        assert told.value.status == 401
        with Client(address, token=TEXT["read"]) as client, pytest.raises(EngineAnswerError, match="scope run") as told:
            client.start()
        assert told.value.status == 403
        with Client(address) as client, pytest.raises(EngineAnswerError, match=r"not known as 'api\.cluster\.example'"):
            client.runs()
