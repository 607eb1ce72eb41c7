"""What packages of npm ask Node's own modules for."""

from typing import Any


async def test_access_is_told(write_workflow: Any, start_session: Any) -> None:
    node = """
        import { access, accessSync } from "node:fs";
        import { promisify } from "node:util";
        export default async function run() {
          accessSync("workflow.yaml");
          const seen = await promisify(access)("/etc/shadow").catch((error) => error.code ?? error.name);
          return seen;
        }
    """
    result = await (await start_session(write_workflow({"n.ts": node}))).run()
    assert result.errors == {}
    assert result.output("n") in ("ENOENT", "EACCES", "EPERM", "NotCapable")
