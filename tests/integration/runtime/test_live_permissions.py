"""What permissions do to a running workflow: which secrets go where, and which reloads are taken."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import WriteWorkflow
from tests.integration.broker.servers import answering, reply, serving

from pipedreamer.errors import WiderPermissionsError
from pipedreamer.project import open_project
from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.http_broker import HttpBroker
from pipedreamer.runtime.live import LiveWorkflow, Means
from pipedreamer.runtime.logs import NodeLine
from pipedreamer.runtime.settings import Sources

NODE = """\
from pathlib import Path

async def run(ctx, input):
    for service in input.get("services", ()):
        await ctx.fetch(service, input["url"])
    print(input.get("say"))
    if "read" in input:
        return Path(input["read"]).read_text()
    return [sorted(ctx.secrets), ctx.config]
"""
SECRETS = """\
github: {token: token-of-github}
slack: {token: token-of-slack}
stripe: {api_key: key-of-stripe}
"""


class Desk:
    """A workflow that runs with three secrets, and what its nodes wrote."""

    def __init__(self, live: LiveWorkflow, folder: Path, lines: list[NodeLine]) -> None:
        self.live = live
        self.folder = folder
        self.lines = lines

    async def run(self, **given: Any) -> Any:
        result = await self.live.session.execute(json.dumps(given).encode())
        assert result.errors == {}
        return result.output("a")

    async def seen(self) -> list[str]:
        """The secrets that the node sees."""
        found, _ = await self.run()
        return list(found)

    async def edit(self, extra: str, write: WriteWorkflow) -> None:
        write({"a": NODE}, extra=extra)
        await self.live.reload()


OpenDesk = Callable[[str], AbstractAsyncContextManager[Desk]]


@pytest.fixture
def desk(write_workflow: WriteWorkflow, tmp_path: Path) -> OpenDesk:
    """`desk(extra_yaml)` -> a running workflow of one node that tells which secrets it sees."""

    @asynccontextmanager
    async def opened(extra: str) -> AsyncIterator[Desk]:
        folder = write_workflow({"a": NODE}, extra=extra, files={".secrets.yaml": SECRETS})
        lines: list[NodeLine] = []
        nowhere = tmp_path / "nothing"
        means = Means(
            sources=Sources(folder, secrets_mount=nowhere, config_mount=nowhere),
            broker=lambda secrets, allowed: HttpBroker(secrets, permissions=allowed),
            packages=lambda _: None,
            log=lines.append,
            warn=lambda _: None,
            capacity=Capacity(workers=1, running=1, waiting=0),
        )
        async with LiveWorkflow(open_project(folder), means) as live:
            yield Desk(live, folder, lines)

    return opened


@pytest.mark.parametrize(
    ("block", "seen"),
    [
        ("", ["github", "slack", "stripe"]),
        ("permissions: {net: none}", ["github", "slack", "stripe"]),
        ("permissions: {secrets: []}", []),
        ("permissions: {secrets: [slack, unheard-of]}", ["slack"]),
        ("permissions: {inject: [github]}", ["slack", "stripe"]),
        ("permissions: {secrets: [slack], inject: [github]}", ["slack"]),
    ],
)
async def test_a_node_sees_the_secrets_that_are_shown_to_it(desk: OpenDesk, block: str, seen: list[str]) -> None:
    async with desk(block) as at:
        assert await at.seen() == seen


async def test_a_fetch_uses_secrets_that_are_listed_or_injected_and_no_others(desk: OpenDesk) -> None:
    async with serving(answering(reply(b"{}"))) as server:
        permissions = f'{{net: ["127.0.0.1:{server.port}"], secrets: [slack], inject: [github]}}'
        async with desk(f"permissions: {permissions}") as at:
            await at.run(services=["github", "slack", "stripe"], url=server.url())
    sent = [(one.header("authorization"), one.header("x-api-key")) for one in server.received]
    assert sent == [("Bearer token-of-github", None), ("Bearer token-of-slack", None), (None, None)]


async def test_what_a_node_does_not_see_is_masked_all_the_same(desk: OpenDesk) -> None:
    async with desk("permissions: {secrets: [], inject: [github]}") as at:
        await at.run(say="token-of-github key-of-stripe")
        assert [line.message for line in at.lines] == ["*** ***"]


async def test_rotated_secrets_reach_nodes_as_they_are_shown_to_them(desk: OpenDesk) -> None:
    async with desk("permissions: {secrets: [slack, new], inject: [github]}") as at:
        (at.folder / ".secrets.yaml").write_text(f"{SECRETS}new: {{token: another-one}}\nother: {{token: a-third}}\n")
        assert at.live.poll()
        assert await at.seen() == ["new", "slack"]


async def test_what_is_granted_by_a_link_can_be_read_by_both_names(desk: OpenDesk, tmp_path: Path) -> None:
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "real" / "deep" / "data").write_text("found")
    (tmp_path / "link").symlink_to("real")
    async with desk(f'permissions: {{read: ["{tmp_path}/link/deep"]}}') as at:
        for name in ("link", "real"):
            assert await at.run(read=str(tmp_path / name / "deep" / "data")) == "found"


async def test_config_is_the_same_whatever_is_permitted(desk: OpenDesk) -> None:
    async with desk("config: {region: eu}\npermissions: {}") as at:
        _, config = await at.run()
        assert config == {"region": "eu"}


async def test_a_reload_with_wider_permissions_changes_nothing_and_says_what_it_would_add(
    desk: OpenDesk, write_workflow: WriteWorkflow
) -> None:
    async with desk("config: {n: 1}\npermissions: {net: ['a.com', '*.b.com'], secrets: [slack]}") as at:
        wider = "{net: [a.com, c.com], read: [/srv], env: [TZ], memory: 512Mi, secrets: [slack, github]}"
        with pytest.raises(WiderPermissionsError) as raised:
            await at.edit(f"config: {{n: 2}}\npermissions: {wider}", write_workflow)
        assert str(raised.value) == (
            "the permissions would become wider, which takes a restart: connections to c.com:443, reading /srv, "
            "the environment variable TZ, 512Mi of memory in place of 256Mi, the secret github in ctx.secrets"
        )
        assert await at.run() == [["slack"], {"n": 1}]
        with pytest.raises(WiderPermissionsError, match="connections to everywhere"):
            await at.edit("config: {n: 3}", write_workflow)
        assert await at.run() == [["slack"], {"n": 1}]


async def test_a_reload_with_narrower_permissions_is_taken_and_can_be_taken_back(
    desk: OpenDesk, write_workflow: WriteWorkflow
) -> None:
    async with desk("permissions: {net: ['*.b.com'], secrets: [slack, github]}") as at:
        await at.edit("permissions: {net: ['*.a.b.com'], secrets: [slack], inject: [github]}", write_workflow)
        assert await at.seen() == ["slack"]
        await at.edit("permissions: {secrets: []}", write_workflow)
        assert await at.seen() == []
        await at.edit("permissions: {net: ['*.b.com'], secrets: [slack, github]}", write_workflow)
        assert await at.seen() == ["github", "slack"]
        with pytest.raises(WiderPermissionsError):
            await at.edit("permissions: {net: ['*.b.com'], secrets: [slack, github, stripe]}", write_workflow)


async def test_a_secret_that_a_reload_takes_away_is_no_longer_sent(
    desk: OpenDesk, write_workflow: WriteWorkflow
) -> None:
    async with serving(answering(reply(b"{}"))) as server:
        net = f'net: ["127.0.0.1:{server.port}"]'
        async with desk(f"permissions: {{{net}, inject: [github]}}") as at:
            await at.run(services=["github"], url=server.url())
            await at.edit(f"permissions: {{{net}, secrets: []}}", write_workflow)
            await at.run(services=["github"], url=server.url())
    assert [one.header("authorization") for one in server.received] == ["Bearer token-of-github", None]
