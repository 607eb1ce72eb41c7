"""Permissions as the policy that locks workers."""

from pathlib import Path
from typing import Any

from pipedreamer.project import open_project
from pipedreamer.runtime.confinement import policy


def test_a_path_that_leads_over_a_link_in_a_writable_folder_is_not_granted(tmp_path: Path, write_workflow: Any) -> None:
    """The link could be a node's own: then it would have widened its permissions for the next start."""
    data, outside = tmp_path / "data", tmp_path / "outside"
    (data / "real").mkdir(parents=True)
    outside.mkdir()
    (data / "link").symlink_to(outside)
    extra = f"permissions: {{write: [{data}, {data}/link], read: [{data}/link, {data}/real, {outside}]}}\n"
    locked = policy(open_project(write_workflow({"a": "def run(ctx, input): pass"}, extra=extra)), None)
    assert locked.write == (str(data),)
    assert str(data / "real") in locked.whole
    assert locked.whole.count(str(outside)) == 1
    assert str(data / "link") not in locked.links


def test_names_with_a_dot_are_left_out_of_a_granted_folder(tmp_path: Path, write_workflow: Any) -> None:
    for name in ("data/.env", "data/sub/.git/config", "data/sub/x.csv", "whole/y.csv", "whole/..data/z.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    extra = f"permissions: {{read: [{tmp_path}/data, {tmp_path}/whole, {tmp_path}/data/sub/x.csv]}}\n"
    locked = policy(open_project(write_workflow({"a": "def run(ctx, input): pass"}, extra=extra)), None)
    seen = [path for path in locked.whole if path.startswith((f"{tmp_path}/data", f"{tmp_path}/whole"))]
    assert sorted(set(seen)) == [f"{tmp_path}/data/sub/x.csv", f"{tmp_path}/whole"]
    assert set(locked.listed) >= {f"{tmp_path}/data", f"{tmp_path}/data/sub"}
