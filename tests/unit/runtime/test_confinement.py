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
