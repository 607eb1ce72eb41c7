"""The worker's sources are what Deno's own tools call good, and so are nodes that use our types."""

import json
import subprocess
from pathlib import Path

import pytest
from tests.unit.sandbox.deno.driver import DENO, PATIENCE_S, WORKER

SOURCES = sorted([*map(str, WORKER.glob("*.ts")), *map(str, Path(__file__).parent.glob("*.ts"))])
NODE = """\
import type { Context } from "pipedreamer";

interface Repo {
  name: string;
  stars: number;
}

export default async function run(ctx: Context, input: { user: string }): Promise<{ repos: Repo[]; key: string }> {
  const response = await ctx.fetch("github", `/users/${input.user}/repos`, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`GitHub answered ${response.status}`);
  const repos: Repo[] = await response.json();
  ctx.log.info("found", repos.length, { limit: ctx.config.limit as number });
  const { items } = await ctx.k8s.get("/api/v1/nodes");
  return { repos: repos.slice(0, Number(ctx.config.limit)), key: ctx.secrets.github?.token ?? items[0].name };
}
"""


def _deno(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([DENO, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False)


@pytest.mark.parametrize(
    "arguments", [("fmt", "--check", "--line-width", "120"), ("lint",), ("check",)], ids=["fmt", "lint", "check"]
)
def test_the_sources_are_clean(arguments: tuple[str, ...]) -> None:
    done = _deno(*arguments, "--no-config", *SOURCES)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("source", "code"), [(NODE, 0), (NODE.replace("ctx.log.info(", "ctx.log.inform("), 1)])
def test_a_node_with_our_types_is_checked(source: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "node.ts").write_text(source)
    imports = tmp_path / "imports.json"
    imports.write_text(json.dumps({"imports": {"pipedreamer": (WORKER / "pipedreamer.ts").as_uri()}}))
    done = _deno("check", "--no-config", f"--import-map={imports}", str(tmp_path / "node.ts"))
    assert done.returncode == code, done.stderr


def test_nothing_but_async_hooks_and_our_own_files_is_imported() -> None:
    lines = [line for file in WORKER.glob("*.ts") for line in file.read_text().splitlines() if " from " in line]
    imported = {line.rpartition(" from ")[2].strip('";') for line in lines if line.startswith(("import", "} from"))}
    assert {name for name in imported if not name.startswith("./")} == {"node:async_hooks"}
