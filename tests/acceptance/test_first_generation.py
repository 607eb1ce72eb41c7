"""Workflow folders as they were written for the first generation: nothing in them is changed, and all works."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.internet import TOKEN, in_internet, needs_an_internet
from tests.acceptance.running import StartEngine, closed_port

from pipedreamer.project.modules import find_deno

FOLDERS = Path(__file__).parent / "first_generation"
NAMES = sorted(folder.name for folder in FOLDERS.iterdir())
SECRETS = {
    "github-digest": {".secrets.yaml": "github:\n  token: ghp_abc123\nstripe:\n  api_key: sk_test_xyz\n"},
    "event-enricher": {".secrets/github": '{"token": "ghp_abc123"}', ".secrets/api-token": "my-plain-token\n"},
    "uptime-prober": {".secrets.yaml": "slack: { webhook_url: https://hooks.slack.com/services/T0/B0/abcdef }\n"},
}
"""Such files are in no repository."""

Folder = Callable[[str], Path]


@pytest.fixture
def folder(person: Any) -> Folder:
    """A person's own copy, with its secrets."""

    def copied(name: str) -> Path:
        made: Path = shutil.copytree(FOLDERS / name, person.folder / name)
        for path, text in SECRETS.get(name, {}).items():
            (made / path).parent.mkdir(exist_ok=True)
            (made / path).write_text(text)
        return made

    return copied


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_valid_without_a_warning(person: Any, folder: Folder, name: str) -> None:
    done = person.run("validate", folder(name))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_its_fixtures_pass_and_its_folder_stays_as_it_was(person: Any, folder: Folder, name: str) -> None:
    copy = folder(name)
    before = contents(copy)
    done = person.run("test", copy)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+)/(\d+) tests passed", done.stdout)
    assert passed, done.stdout
    assert passed[1] == passed[2] != "0"
    assert contents(copy) == before


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_passes_on_the_mocks_answers(person: Any, folder: Folder, name: str) -> None:
    done = person.run("test", folder(name), "--pipeline")
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_node_is_named_as_in_a_path(person: Any, folder: Folder) -> None:
    done = person.run("test", f"{folder('github-digest')}/summarize")
    assert "1/1 tests passed" in done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_its_types_are_right(person: Any, folder: Folder, name: str) -> None:
    copy = folder(name)
    done = person.run("types", copy)
    assert (done.returncode, done.stderr) == (0, "")
    checked = subprocess.run(
        [find_deno(), "check"],
        cwd=copy,
        env=person.environment({"DENO_DIR": str(person.home / "deno"), "DENO_NO_UPDATE_CHECK": "1"}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert person.run("test", copy).returncode == 0
    assert person.run("types", copy).stdout == "everything that an editor needs is there\n"


@pytest.mark.parametrize("name", NAMES)
def test_it_needs_no_packages_and_can_be_drawn(person: Any, folder: Folder, name: str) -> None:
    copy = folder(name)
    assert person.run("lock", copy).stdout == "this workflow asks for no packages\n"
    drawn = person.run("visualize", copy).stdout
    declared = re.findall(r"- from: (\S+)\n    to: (\S+)", (copy / "workflow.yaml").read_text())
    assert sorted(drawn.splitlines()) == sorted(["graph TD", *(f"    {a} --> {b}" for a, b in declared)])


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_it_is_served_and_a_trigger_is_named_in_the_body(
    person: Any, folder: Folder, start: StartEngine, tmp_path: Path, command: str
) -> None:
    (tmp_path / "config").mkdir()
    with closed_port() as port:
        urls = [f"http://127.0.0.1:{port}/{name}" for name in ("one", "other")]
        (tmp_path / "config" / "endpoints").write_text(json.dumps(urls))
        engine = start(command, folder("uptime-prober"), "--config", tmp_path / "config", "--secrets", "/dev/null")
        results = [{"url": url, "ok": False} for url in urls]
        said = {"probe-endpoints": {"results": results}, "deliver": {"delivered": False}}
        assert engine.run({"trigger": "daily-digest"}).outputs == said
        assert engine.ask("GET", "/run").outputs == said
        assert engine.ask("POST", "/run").outputs == said
    engine.says("trigger: daily-digest")
    engine.says("trigger: none", 2)
    assert engine.ask("GET", "/health").json["status"] == "ok"


# with the real names


@needs_an_internet
def test_github_digest_asks_github_with_its_token(person: Any, folder: Folder) -> None:
    repos = [{"name": "engine", "stargazers_count": 42}, {"name": "notes", "stargazers_count": 3}]
    pages = {"https://api.github.com/user/repos": repos}
    done, asked = in_internet(person, pages, "run", folder("github-digest"))
    assert outputs(done) == {
        "fetch-repos": {"repos": repos},
        "summarize": {"summary": "engine: 42\nnotes: 3"},
        "notify": {"sent": True},
    }
    assert [one["headers"]["authorization"] for one in asked] == ["Bearer ghp_abc123"]
    assert "[fetch-repos] INFO Fetched repos { count: 2 }\n" in done.stderr


@needs_an_internet
def test_uptime_prober_posts_to_slack_what_is_down(person: Any, folder: Folder) -> None:
    webhook = "https://hooks.slack.com/services/T0/B0/abcdef"
    pages = {"https://example.com/": "up", "https://example.org/": "up", webhook: "ok"}
    given = '{"trigger": "hourly-check"}'
    done, asked = in_internet(person, pages, "run", folder("uptime-prober"), "--input", given)
    assert outputs(done) == {
        "probe-endpoints": {
            "results": [
                {"url": "https://example.com", "ok": True},
                {"url": "https://example.org/health", "ok": False},
            ]
        },
        "deliver": {"delivered": True},
    }
    assert [one["body"] for one in asked if one["url"] == webhook] == ['{"text":"DOWN: https://example.org/health"}']
    assert "[probe-endpoints] INFO trigger: hourly-check\n" in done.stderr


@needs_an_internet
def test_event_enricher_merges_what_two_nodes_return_by_their_ids(person: Any, folder: Folder) -> None:
    pages = {"https://api.github.com/repos/ada/engine": {"full_name": "ada/engine"}}
    event = '{"repository": "ada/engine", "commits": ["1f2e", "77ab"]}'
    done, asked = in_internet(person, pages, "run", folder("event-enricher"), "--input", event)
    nats = "tls://nats.example.com:4222"
    assert outputs(done)["notify"] == {"text": "ada/engine: 2 commits", "signed": True, "nats": nats}
    assert [one["headers"]["authorization"] for one in asked] == ["Bearer ghp_abc123"]


@needs_an_internet
def test_cluster_health_collector_reads_its_cluster_with_the_service_account(person: Any, folder: Folder) -> None:
    api = "https://kubernetes.default.svc/api/v1"
    pages: dict[str, Any] = {f"{api}/nodes": {"items": [{}, {}, {}]}, f"{api}/pods": {"items": [{}]}}
    done, asked = in_internet(person, pages, "run", folder("cluster-health-collector"))
    assert outputs(done) == {
        "fetch-cluster-state": {"nodes": 3, "pods": 1},
        "report": {"text": "3 nodes, 1 pods"},
    }
    assert {one["headers"]["authorization"] for one in asked} == {f"Bearer {TOKEN}"}


def outputs(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)["outputs"]
