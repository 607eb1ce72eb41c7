"""Secrets and config while `pipedreamer serve` runs: hidden everywhere, taken up when their mount is swapped."""

import base64
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.acceptance.running import StartEngine, eventually
from tests.conftest import WriteWorkflow

TOKEN = "s3cret/token+with=odd signs"
FORMS = (TOKEN, base64.b64encode(TOKEN.encode()).decode(), quote(TOKEN, safe=""), quote(TOKEN))
LEAKY = """\
import base64
from urllib.parse import quote

def run(ctx, input):
    token = ctx.secrets["api"]["token"]
    forms = [token, base64.b64encode(token.encode()).decode(), quote(token, safe=""), quote(token)]
    for form in forms:
        ctx.log.info("using", form)
        print(form)
    if input == "fail":
        raise ValueError(" ".join(forms))
    return {"forms": forms, "kept": token == input, token: 1}
"""
SHOW = """\
import asyncio
from pathlib import Path

async def run(ctx, input):
    if "until" in input:
        Path(input["begun"]).touch()
        while not Path(input["until"]).exists():
            await asyncio.sleep(0.01)
    return {"config": ctx.config, "secret": len(ctx.secrets.get("api", {}).get("value", ""))}
"""


class Mount:
    """A folder as Kubernetes mounts it: each name a link through `..data`, which is swapped as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._number = 0
        path.mkdir()

    def swap(self, **files: str) -> None:
        self._number += 1
        fresh = self.path / f"..2026_01_01_{self._number}"
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name).write_text(content)
        before = (self.path / "..data").resolve()
        (self.path / "..data_tmp").symlink_to(fresh.name)
        (self.path / "..data_tmp").rename(self.path / "..data")
        for name in files:
            if not (self.path / name).is_symlink():
                (self.path / name).symlink_to(f"..data/{name}")
        if self._number > 1:
            shutil.rmtree(before)


def test_a_secret_shows_in_no_form_in_answers_logs_or_errors(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    folder = write_workflow({"leaky": LEAKY}, files={".secrets.yaml": f"api: {{token: '{TOKEN}'}}\n"})
    engine = start("serve", folder)
    answer = engine.run(TOKEN)
    assert answer.outputs == {"leaky": {"forms": ["***"] * 4, "kept": True, "***": 1}}
    failed = engine.run("fail")
    assert failed.status == 500
    assert failed.json["errors"]["leaky"].startswith("ValueError: *** *** *** *** (nodes/leaky.py:")
    engine.says("using ***", times=8)
    engine.says("ValueError: ***")
    seen = engine.out + engine.err + answer.body.decode() + failed.body.decode()
    assert [form for form in FORMS if form in seen] == []


def test_a_swapped_secret_is_taken_up_and_the_old_one_stays_hidden(
    write_workflow: WriteWorkflow, start: StartEngine, tmp_path: Path
) -> None:
    mount = Mount(tmp_path / "secrets")
    mount.swap(api="first-secret\n")
    echo = "def run(ctx, input):\n    return [ctx.secrets['api']['value'] == input['expected'], input]\n"
    engine = start("serve", write_workflow({"echo": echo}), "--secrets", mount.path)
    assert engine.run({"expected": "first-secret"}).outputs == {"echo": [True, {"expected": "***"}]}
    mount.swap(api="second-secret\n")
    eventually(lambda: engine.run({"expected": "second-secret"}).outputs["echo"][0])
    both = engine.run({"old": "first-secret", "expected": "second-secret"})
    assert both.outputs == {"echo": [True, {"old": "***", "expected": "***"}]}


def test_a_swapped_config_is_taken_up_by_the_runs_that_begin_after_it(
    write_workflow: WriteWorkflow, start: StartEngine, tmp_path: Path, signs: Path
) -> None:
    mount = Mount(tmp_path / "config")
    mount.swap(**{"limits.yaml": "{most: 1}", "region": "eu"})
    folder = write_workflow({"show": SHOW}, extra="config: {region: us, limits: {most: 0}, timeout: 1h}", signs=True)
    engine = start("serve", folder, "--config", mount.path)
    first = {"region": "eu", "limits": {"most": 1}, "timeout": "1h"}
    assert engine.run().outputs["show"]["config"] == first
    under_way = engine.call({"begun": str(signs / "begun"), "until": str(signs / "until")})
    eventually((signs / "begun").exists)
    mount.swap(**{"limits.yaml": "{most: 2}", "region": "ap"})
    second: dict[str, Any] = {"region": "ap", "limits": {"most": 2}, "timeout": "1h"}
    eventually(lambda: engine.run().outputs["show"]["config"] == second)
    (signs / "until").touch()
    assert under_way.answered().outputs["show"]["config"] == first


def test_settings_that_cannot_be_read_leave_the_last_good_ones_and_are_told_and_counted(
    write_workflow: WriteWorkflow, start: StartEngine, tmp_path: Path
) -> None:
    (tmp_path / "config").mkdir()
    override = tmp_path / "config" / "more.yaml"
    override.write_text("region: eu\n")
    engine = start("serve", write_workflow({"show": SHOW}), "--config", tmp_path / "config")
    assert engine.run().outputs["show"]["config"] == {"region": "eu"}
    override.write_text("region: [eu\n")
    engine.says(f"{override}:1:9: error: ")
    assert "the settings read before stay in use" in engine.err
    assert engine.metric("pipedreamer_settings_failures_total") >= 1
    assert engine.run().outputs["show"]["config"] == {"region": "eu"}
    override.write_text("region: ap\n")
    eventually(lambda: engine.run().outputs["show"]["config"] == {"region": "ap"})


def test_an_emptied_secrets_mount_takes_the_secrets_away(
    write_workflow: WriteWorkflow, start: StartEngine, tmp_path: Path
) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "api").write_text("a-secret-of-22-letters")
    engine = start("serve", write_workflow({"show": SHOW}), "--secrets", tmp_path / "secrets")
    assert engine.run().outputs["show"]["secret"] == 22
    (tmp_path / "secrets" / "api").unlink()
    eventually(lambda: engine.run().outputs["show"]["secret"] == 0)
