"""Deno's own connections reach what the engine lets through, and nothing else (contract: permissions)."""

from collections.abc import Callable
from typing import Any

from tests.integration.broker.servers import answering, reply, serving

from pipedreamer.runtime.egress import Egress
from pipedreamer.runtime.egress.gateway import DriverGateway
from pipedreamer.spec.permissions import Destination

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
        folder = write_workflow({"n.ts": CONNECT}, extra="permissions: {net: none}")
        result = await (await start_session(folder)).run({"ports": [other.port]})
    assert result.output("n") == ["NotCapable"]
    assert other.connections == 0
