"""Workers that say more than anybody wants to hear: the engine stays as quick for the others, and as small."""

from typing import Any

import pytest

from pipedreamer.runtime.session import Capacity

TWO_WORKERS = Capacity(workers=2, running=16)
WIRE = """
    import asyncio, os, socket, stat, time
    import msgspec
    def frame(message):
        body = msgspec.msgpack.encode(message)
        return len(body).to_bytes(4, "little") + body
    def wire():
        for number in range(3, 64):
            try:
                if stat.S_ISSOCK(os.fstat(number).st_mode):
                    found = socket.socket(fileno=os.dup(number))
                    if int.from_bytes(found.getsockopt(1, 17, 12)[:4], "little") != os.getpid():  # SO_PEERCRED
                        found.setblocking(True)
                        return found
            except OSError:
                pass
"""


@pytest.mark.parametrize(
    "message",
    ["['log', 1, 0, 1, 'info', '-' * (1 << 20)]", "['outcome', 1, 0, 1, 0, 0, 'retry', b'-' * (1 << 20), False]"],
    ids=["line", "error"],
)
async def test_a_line_or_error_that_no_worker_would_send_ends_it_unread(
    message: str, write_workflow: Any, start_session: Any
) -> None:
    node = f"""{WIRE}
    async def run(ctx, input):
        await asyncio.to_thread(wire().sendall, frame({message}))
        await asyncio.sleep(5)
    """
    bench = await start_session(write_workflow({"n": node}), TWO_WORKERS)
    error = (await bench.run()).errors["n"]
    assert "broke the protocol" in error
    assert "1,048,576" in error
    assert "-----" not in error + "".join(line.message for line in bench.lines)
