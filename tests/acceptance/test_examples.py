"""Every example as its README says to run it: checked, tested on its fixtures, and really run."""

import csv
import json
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.acceptance.running import closed_port

from pipedreamer.project.modules import find_deno

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir())
TYPESCRIPT = [name for name in NAMES if list((EXAMPLES / name / "nodes").glob("*.ts"))]


# what all of them have in common


def test_the_examples_that_the_readme_promises_are_there() -> None:
    assert NAMES == [
        "csv-report",
        "github-digest",
        "hn-digest",
        "pr-digest",
        "two-languages",
        "uptime-prober",
        "word-counter",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_valid_without_a_warning(person: Any, name: str) -> None:
    done = person.run("validate", EXAMPLES / name)
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("whole", [[], ["--pipeline"]], ids=["each node", "the whole"])
def test_an_example_passes_on_its_fixtures_and_leaves_its_folder_as_it_was(
    person: Any, name: str, whole: list[str]
) -> None:
    before = contents(EXAMPLES / name)
    done = person.run("test", EXAMPLES / name, *whole)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no fixtures" not in done.stdout
    passed = re.search(r"(\d+)/(\d+) tests passed", done.stdout)
    assert passed, done.stdout
    assert passed[1] == passed[2] != "0"
    assert contents(EXAMPLES / name) == before


@pytest.mark.parametrize("name", NAMES)
def test_an_example_needs_no_packages(name: str) -> None:
    lists = {"requirements.txt", "pyproject.toml", "deno.json", "deno.lock"}
    assert not lists & {path.name for path in contents(EXAMPLES / name)}


@pytest.mark.parametrize("name", TYPESCRIPT)
def test_the_types_of_an_example_are_right(person: Any, name: str) -> None:
    folder = shutil.copytree(EXAMPLES / name, person.folder / name)
    assert person.run("types", folder).returncode == 0
    for tool in (["check"], ["fmt", "--check", "--line-width=120", "nodes"]):
        done = subprocess.run(
            [find_deno(), *tool],
            cwd=folder,
            env=person.environment({"DENO_DIR": str(person.home / "deno"), "DENO_NO_UPDATE_CHECK": "1"}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


# word-counter


def test_word_counter_counts_its_sample_when_the_input_has_no_text(person: Any) -> None:
    report = output(person.run("run", EXAMPLES / "word-counter"), "report")
    assert (report["totalWords"], report["uniqueWords"]) == (34, 11)
    assert report["top"][:2] == [{"word": "of", "count": 4}, {"word": "peck", "count": 4}]


def test_word_counter_counts_the_text_of_a_file(person: Any) -> None:
    folder = EXAMPLES / "word-counter"
    report = output(person.run("run", folder, "--input", f"@{folder / 'input.json'}"), "report")
    words = re.findall(r"[\w-]+", json.loads((folder / "input.json").read_text())["text"].lower())
    assert report["totalWords"] == len(words)
    assert report["uniqueWords"] == len(set(words))
    assert report["top"][0] == {"word": "that", "count": words.count("that")}
    assert list(report) == ["totalWords", "uniqueWords", "top"]


def test_word_counter_takes_json_and_plain_text_over_http(person: Any) -> None:
    with served(person, EXAMPLES / "word-counter") as address:
        assert post(address, {}, "application/json")["report"]["totalWords"] == 34
        assert post(address, {"text": "tick tock tick"}, "application/json")["report"]["uniqueWords"] == 2
        assert post(address, "tick tock tick", "text/plain")["report"]["top"][0] == {"word": "tick", "count": 2}


def test_word_counter_names_the_field_of_an_input_that_does_not_fit(person: Any) -> None:
    done = person.run("run", EXAMPLES / "word-counter", "--input", '{"text": 5}')
    assert done.returncode == 1
    assert "input.text" in json.loads(done.stdout)["errors"]["source"]


# uptime-prober


def test_uptime_prober_tells_which_servers_are_down_and_why(person: Any, tmp_path: Path) -> None:
    with internet() as web, closed_port() as port:
        endpoints: list[dict[str, Any]] = [
            {"name": "up", "url": f"{web.address}/up"},
            {"name": "broken", "url": f"{web.address}/broken"},
            {"name": "expected", "url": f"{web.address}/broken", "expect": 503},
            {"name": "closed", "url": f"http://127.0.0.1:{port}/"},
            {"name": "slow", "url": f"{web.address}/slow"},
        ]
        done = probe(person, tmp_path, endpoints, wait_seconds=0.5)
    probes = {probe["name"]: probe for probe in output(done, "probe")}
    assert probes["up"] | {"latencyMs": 0} == {**endpoints[0], "up": True, "status": 200, "latencyMs": 0, "why": None}
    assert probes["up"]["latencyMs"] >= 0
    assert (probes["broken"]["status"], probes["broken"]["why"]) == (503, "answered 503, expected 200 to 299")
    assert probes["expected"]["up"] is True
    assert (probes["closed"]["status"], probes["closed"]["latencyMs"]) == (None, None)
    assert probes["closed"]["why"].endswith("connection refused")
    assert probes["slow"]["why"].endswith("timed out after 500ms")
    summary = output(done, "summarize")
    assert (summary["allUp"], summary["up"]) == (False, 2)
    assert summary["down"] == ["broken", "closed", "slow"]
    assert summary["text"].startswith("2 of 5 up\n- broken: answered 503")
    assert "[summarize] WARN closed is down: " in done.stderr


def test_uptime_prober_asks_several_servers_at_once(person: Any, tmp_path: Path) -> None:
    with internet() as web:  # neither answers before the other was asked too
        endpoints = [{"name": name, "url": f"{web.address}/both"} for name in ("one", "other")]
        assert output(probe(person, tmp_path, endpoints), "summarize")["allUp"] is True


def test_uptime_prober_sends_the_secret_that_is_called_like_the_endpoint(person: Any, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.yaml"
    secrets.write_text("shop: {token: sesame-sesame}\n")
    with internet() as web:
        done = probe(person, tmp_path, [{"name": "shop", "url": f"{web.address}/up"}], "--secrets", str(secrets))
        assert output(done, "summarize")["allUp"] is True
        assert [headers["Authorization"] for _, headers, _ in web.requests] == ["Bearer sesame-sesame"]


def test_uptime_prober_says_which_endpoint_of_the_config_is_wrong(person: Any, tmp_path: Path) -> None:
    done = probe(person, tmp_path, [{"name": "shop", "url": "http://localhost/"}, {"name": "typo", "uri": "x"}])
    assert done.returncode == 1
    assert "config `endpoints`: Object contains unknown field `uri` - at `$[1]`" in error(done, "targets")


# csv-report


def test_csv_report_sums_up_the_file_in_its_folder(person: Any) -> None:
    report = output(person.run("run", EXAMPLES / "csv-report"), "report")
    sales = sales_of(EXAMPLES / "csv-report")
    assert len(sales) > 100
    assert report["total"] == cents(sales)
    for list_name, column, length in (("regions", "region", None), ("months", "date", 7)):
        groups = {row[column][:length] for row in sales}
        wanted = [
            {"name": group, "units": units(chosen), "amount": cents(chosen)}
            for group in sorted(groups)
            if (chosen := [row for row in sales if row[column][:length] == group])
        ]
        assert report[list_name] == wanted
    assert len(report["products"]) == 3
    assert f"{Decimal(report['total']) / 100:,}" in report["text"].splitlines()[-1]


def test_csv_report_takes_only_the_days_that_are_asked_for(person: Any) -> None:
    span = {"since": "2025-03-01", "until": "2025-03-31"}
    report = output(person.run("run", EXAMPLES / "csv-report", "--input", json.dumps(span)), "report")
    march = [row for row in sales_of(EXAMPLES / "csv-report") if row["date"].startswith("2025-03")]
    assert [month["name"] for month in report["months"]] == ["2025-03"]
    assert report["total"] == cents(march)


def test_csv_report_names_the_line_that_cannot_be_read(person: Any) -> None:
    folder = shutil.copytree(EXAMPLES / "csv-report", person.folder / "csv-report")
    lines = (folder / "data" / "sales.csv").read_text().splitlines()
    lines[41] = "2025-02-10,North,Notebook,many,4.50"
    (folder / "data" / "sales.csv").write_text("\n".join(lines))
    done = person.run("run", folder)
    assert done.returncode == 1
    assert "data/sales.csv:42: units and unit_price must be numbers" in error(done, "read")


def test_csv_report_refuses_over_http_what_does_not_fit_its_schema(person: Any) -> None:
    with served(person, EXAMPLES / "csv-report") as address:
        with pytest.raises(HTTPError) as refused:
            post(address, {"since": "yesterday"}, "application/json")
        with refused.value as answer:
            assert answer.status == 422
            assert json.load(answer)["problems"][0]["path"] == "/since"


# github-digest


def test_github_digest_asks_with_the_token_and_posts_the_summary(person: Any, tmp_path: Path) -> None:
    with internet() as web:
        done = digest(person, tmp_path, web.address)
        (_, asked, _), (path, _, posted) = web.requests
    assert asked["Authorization"] == "Bearer ghp_not-a-real-one"
    assert path == "/hooks/team-chat"
    text = output(done, "summarize")["text"]
    assert text == "1 repositories, 42 stars, 3 open issues\nMostly Python\n- ada/engine, last push 2025-06-30"
    assert json.loads(posted) == {"text": text}
    assert output(done, "notify") == {"sent": True}


def test_github_digest_says_what_to_do_when_the_token_is_refused(person: Any, tmp_path: Path) -> None:
    with internet() as web:
        done = digest(person, tmp_path, f"{web.address}/refused")
    assert done.returncode == 1
    assert "put it into the secret github.token" in error(done, "fetch-repos")
    assert "ghp_not-a-real-one" not in done.stdout + done.stderr


def test_github_digest_says_which_secret_is_missing(person: Any) -> None:
    done = person.run("run", EXAMPLES / "github-digest")
    assert done.returncode == 1
    assert "there is no secret github.token" in error(done, "fetch-repos")


# hn-digest


def test_hn_digest_picks_and_writes_up_what_is_worth_reading(person: Any, tmp_path: Path) -> None:
    stories: dict[str, Any] = {
        "1": {"id": 1, "type": "story", "title": "A quiet week", "url": "https://example.com/1", "score": 99},
        "2": {"id": 2, "type": "story", "title": "Ask HN: Deno?", "score": 12, "descendants": 7},
        "3": {"id": 3, "type": "job", "title": "Deno wanted", "score": 1},
        "4": {"id": 4, "type": "story", "title": "A loud week", "url": "https://example.com/4", "score": 500},
    }
    pages = {f"/v0/item/{number}.json": story for number, story in stories.items()}
    with internet({"/v0/topstories.json": [1, 2, 3, 4], **pages}) as web:
        done = configured(person, tmp_path, "hn-digest", {"hn_url": f"{web.address}/v0"})
    digest = output(done, "write-up")
    talk = "https://news.ycombinator.com/item?id"
    assert digest["stories"] == 2
    assert digest["text"].splitlines() == [
        f"- [Ask HN: Deno?]({talk}=2), 12 points, [7 comments]({talk}=2)",
        f"- [A loud week](https://example.com/4), 500 points, [0 comments]({talk}=4)",
    ]
    assert "[fetch-stories] INFO 3 stories" in done.stderr


def test_hn_digest_tells_which_address_did_not_answer(person: Any, tmp_path: Path) -> None:
    with internet() as web:
        done = configured(person, tmp_path, "hn-digest", {"hn_url": web.address, "retries": 0})
    assert done.returncode == 1
    assert f"{web.address}/topstories.json answered 503 (nodes/fetch-stories.ts:" in error(done, "fetch-stories")


# pr-digest

PULL = {
    "number": 7,
    "title": "Steps & turns",
    "html_url": "https://github.com/ada/engine/pull/7",
    "user": {"login": "ada"},
    "head": {"ref": "steps"},
}
DEPLOYMENT = {"url": "engine-2.vercel.app", "state": "READY", "meta": {"githubCommitRef": "steps"}}


def test_pr_digest_asks_two_services_and_tells_a_third_each_with_its_token(person: Any, tmp_path: Path) -> None:
    with internet({"/gh/repos/ada/engine/pulls": [PULL], "/v6/deployments": {"deployments": [DEPLOYMENT]}}) as web:
        done = told_about_pulls(person, tmp_path, web.address)
        assert {path.partition("?")[0]: headers["Authorization"] for path, headers, _ in web.requests} == {
            "/gh/repos/ada/engine/pulls": "Bearer token-of-github",
            "/v6/deployments": "Bearer token-of-vercel",
            "/slack/chat.postMessage": "Bearer token-of-slack",
        }
        (message,) = [json.loads(body) for _, _, body in web.requests if body]
    assert output(done, "notify") == {"sent": True}
    assert message["channel"] == "#reviews"
    link, preview = f"<{PULL['html_url']}|#7 Steps &amp; turns>", "<https://engine-2.vercel.app|preview>"
    lines = ["1 pull request is open", f"• {link} by ada, *without a reviewer*, {preview}"]
    assert message["text"].splitlines() == lines


def test_pr_digest_says_why_slack_refused(person: Any, tmp_path: Path) -> None:
    pages = {
        "/gh/repos/ada/engine/pulls": [PULL],
        "/v6/deployments": {"deployments": []},
        "/slack/chat.postMessage": {"ok": False, "error": "not_in_channel"},
    }
    with internet(pages) as web:
        done = told_about_pulls(person, tmp_path, web.address)
    assert done.returncode == 1
    assert "Slack did not take the message: not_in_channel (nodes/notify.ts:" in error(done, "notify")
    assert "token-of" not in done.stdout + done.stderr


def test_pr_digest_says_which_secret_is_missing(person: Any, tmp_path: Path) -> None:
    with internet({"/v6/deployments": {"deployments": []}}) as web:
        done = configured(person, tmp_path, "pr-digest", {"vercel_url": web.address, "retries": 0})
    assert done.returncode == 1
    assert "there is no secret github.token" in error(done, "fetch-pulls")


# two-languages


def test_two_languages_puts_a_page_together_from_both(person: Any) -> None:
    done = person.run("run", EXAMPLES / "two-languages")
    assert output(done, "statistics") == {"articles": 4, "medianCents": 1812, "dearest": "Desk lamp"}
    assert output(done, "convert")[3]["article"] == "9007199254740996"
    page = output(done, "page")["html"]
    assert "4 articles, half of them up to 16,67\u00a0€; the dearest is Desk lamp." in page
    assert '<tr id="9007199254740993"><td>Notebook</td><td>4,14\u00a0€</td></tr>' in page


def test_a_number_that_javascript_would_change_is_refused_with_its_place(person: Any) -> None:
    folder = shutil.copytree(EXAMPLES / "two-languages", person.folder / "two-languages")
    source = (folder / "nodes" / "read.py").read_text()
    (folder / "nodes" / "read.py").write_text(source.replace('row["article"],', 'int(row["article"]),'))
    done = person.run("run", folder)
    assert done.returncode == 1
    assert "input[0].article is 9007199254740993, which JavaScript cannot hold exactly" in error(done, "convert")


# what a run printed


def output(done: subprocess.CompletedProcess[str], node: str) -> Any:
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)["outputs"][node]


def error(done: subprocess.CompletedProcess[str], node: str) -> str:
    return str(json.loads(done.stdout)["errors"][node])


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ways to run


@contextmanager
def served(person: Any, folder: Path) -> Iterator[str]:
    """The address at which `dev` serves a folder; it must end well."""
    command = [person.program, "dev", folder, "--port", "0"]
    with subprocess.Popen(
        command, env=person.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        said = ""
        try:
            while not (found := re.search(r"is running at (http\S+)", said)):
                line = process.stderr.readline()
                assert line, said
                said += line
            yield found[1]
        finally:
            process.send_signal(signal.SIGINT)
            process.stderr.read()
    assert process.returncode == 0


def post(address: str, body: Any, kind: str) -> Any:
    data = body if isinstance(body, str) else json.dumps(body)
    with urlopen(Request(f"{address}/run", data.encode(), {"Content-Type": kind})) as answer:
        return json.load(answer)["outputs"]


def probe(
    person: Any, tmp_path: Path, endpoints: list[dict[str, Any]], *more: str, wait_seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    config = tmp_path / "config"
    config.mkdir()
    (config / "endpoints.yaml").write_text(json.dumps(endpoints))  # JSON is YAML
    (config / "wait_seconds").write_text(str(wait_seconds))
    done: subprocess.CompletedProcess[str] = person.run(
        "run", EXAMPLES / "uptime-prober", "--config", str(config), *more
    )
    return done


def configured(
    person: Any, tmp_path: Path, name: str, settings: dict[str, Any], *more: str
) -> subprocess.CompletedProcess[str]:
    config = tmp_path / "config"
    config.mkdir()
    (config / "settings.yaml").write_text(json.dumps(settings))  # JSON is YAML
    done: subprocess.CompletedProcess[str] = person.run("run", EXAMPLES / name, "--config", str(config), *more)
    return done


def told_about_pulls(person: Any, tmp_path: Path, address: str) -> subprocess.CompletedProcess[str]:
    secrets = tmp_path / "secrets.yaml"
    secrets.write_text("".join(f"{name}: {{token: token-of-{name}}}\n" for name in ("github", "vercel", "slack")))
    urls = {"github_url": f"{address}/gh", "vercel_url": address, "slack_url": f"{address}/slack", "retries": 0}
    return configured(person, tmp_path, "pr-digest", urls, "--secrets", str(secrets))


def digest(person: Any, tmp_path: Path, address: str) -> subprocess.CompletedProcess[str]:
    config, secrets = tmp_path / "config", tmp_path / "secrets.yaml"
    config.mkdir()
    (config / "github.yaml").write_text(f"github_url: {address}\n")
    secrets.write_text(
        f"github: {{token: ghp_not-a-real-one}}\nwebhook: {{url: {address}/hooks/team-chat}}\n".replace("/refused", "")
    )
    folder = EXAMPLES / "github-digest"
    done: subprocess.CompletedProcess[str] = person.run(
        "run", folder, "--config", str(config), "--secrets", str(secrets)
    )
    return done


# the sales, counted another way


def sales_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "data" / "sales.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def units(sales: list[dict[str, str]]) -> int:
    return sum(int(row["units"]) for row in sales)


def cents(sales: list[dict[str, str]]) -> int:
    return int(sum(int(row["units"]) * Decimal(row["unit_price"]) for row in sales) * 100)


# servers


class Internet(ThreadingHTTPServer):
    """Answers by path, with `pages` as JSON; `requests` has path, headers and body of each request."""

    daemon_threads = True

    def __init__(self, pages: Mapping[str, Any]) -> None:
        self.pages = pages
        super().__init__(("127.0.0.1", 0), Page)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[tuple[str, Any, bytes]] = []
        self.closing = threading.Event()
        self.both = threading.Barrier(2)


class Page(BaseHTTPRequestHandler):
    server: Internet

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers, b""))
        match self.path.partition("?")[0]:
            case path if path in self.server.pages:
                self.answer(200, json.dumps(self.server.pages[path]))
            case "/user/repos":
                repo = {"full_name": "ada/engine", "language": "Python", "pushed_at": "2025-06-30T08:15:00Z"}
                self.answer(200, json.dumps([{**repo, "stargazers_count": 42, "open_issues_count": 3, "id": 1}]))
            case "/refused/user/repos":
                self.answer(401, '{"message": "Bad credentials"}')
            case "/slow":
                self.server.closing.wait()
            case "/both":
                self.server.both.wait()
                self.answer(200, "both")
            case path:
                self.answer(200 if path == "/up" else 503, "")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, self.headers, body))
        said = {"/slack/chat.postMessage": {"ok": True}, **self.server.pages}.get(self.path)
        self.answer(200, "ok" if said is None else json.dumps(said))

    def answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Nobody reads it."""


@contextmanager
def internet(pages: Mapping[str, Any] | None = None) -> Iterator[Internet]:
    with Internet(pages or {}) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
