"""Deno's own fetch and connections reach what the engine lets through, and nothing else (contract: permissions)."""

from collections.abc import Callable
from typing import Any

from tests.integration.broker.servers import answering, reply, serving

from pipedreamer.runtime.egress import Egress
from pipedreamer.runtime.egress.gateway import DriverGateway
from pipedreamer.spec.permissions import Destination

FETCH = """
    export default async function run(_: unknown, input: { urls: string[] }) {
      const seen: string[] = [];
      for (const url of input.urls) {
        try {
          const response = await fetch(url);
          seen.push(`${response.status} ${await response.text()}`);
        } catch (error) {
          seen.push((error as Error).name);
        }
      }
      return seen;
    }
"""
CONNECT = """
    export default async function run(_: unknown, input: { ports: number[] }) {
      const seen: string[] = [];
      for (const port of input.ports) {
        try {
          const connection = await Deno.connect({ hostname: "127.0.0.1", port });
          connection.close();
          seen.push("connected");
        } catch (error) {
          seen.push((error as Error).name);
        }
      }
      return seen;
    }
"""


def gateway(*hosts: tuple[str, int]) -> Callable[[], DriverGateway]:
    return lambda: DriverGateway(Egress(tuple(Destination(host, port) for host, port in hosts)), tell=lambda _: None)


async def test_fetch_reaches_declared_hosts_by_name_and_address_and_no_others(
    write_workflow: Any, start_session: Any
) -> None:
    async with serving(answering(reply(b"hello"))) as declared, serving(answering(reply(b"secret"))) as other:
        urls = [
            f"http://localhost:{declared.port}/",
            f"http://127.0.0.1:{declared.port}/",
            f"http://127.0.0.1:{other.port}/",
            f"http://localhost:{other.port}/",
            f"http://[::ffff:127.0.0.1]:{other.port}/",
            f"http://2130706433:{other.port}/",
            "http://169.254.169.254/latest/meta-data/",
        ]
        lets = gateway(("localhost", declared.port), ("127.0.0.1", declared.port))
        bench = await start_session(write_workflow({"n.ts": FETCH}), gateway=lets)
        result = await bench.run({"urls": urls})
    assert result.errors == {}
    assert result.output("n") == ["200 hello", "200 hello", *["TypeError"] * 5]
    assert other.received == []


async def test_connections_reach_declared_ports_and_no_others(write_workflow: Any, start_session: Any) -> None:
    async with serving(answering(reply())) as declared, serving(answering(reply())) as other:
        lets = gateway(("127.0.0.1", declared.port))
        bench = await start_session(write_workflow({"n.ts": CONNECT}), gateway=lets)
        result = await bench.run({"ports": [declared.port, other.port]})
    seen = result.output("n")
    assert seen[0] == "connected"
    assert seen[1] != "connected"


async def test_without_network_there_is_no_socket(write_workflow: Any, start_session: Any) -> None:
    async with serving(answering(reply(b"secret"))) as other:
        folder = write_workflow({"n.ts": FETCH}, extra="permissions: {net: none}")
        result = await (await start_session(folder)).run({"urls": [f"http://127.0.0.1:{other.port}/"]})
    assert result.output("n") in (["NotCapable"], ["PermissionDenied"], ["TypeError"])
    assert other.received == []
