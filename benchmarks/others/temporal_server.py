"""Temporal: a worker in this process, and its development server below it, which keeps histories in memory."""

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from benchmarks import processes
    from benchmarks.others import steps, timing
    from benchmarks.servers import free_port

_START_SECONDS = 60
_QUEUE = "word-counter"
_LIMIT = timedelta(seconds=30)
_ACTIVITIES_AT_ONCE = 100


@activity.defn
async def source(given: dict[str, Any]) -> dict[str, Any]:
    return steps.source(given)


@activity.defn
async def tokenize(text: dict[str, Any]) -> dict[str, Any]:
    return steps.tokenize(text)


@activity.defn
async def report(tokens: dict[str, Any]) -> dict[str, Any]:
    return steps.report(tokens)


@activity.defn
async def add_one(value: int) -> int:
    return steps.add_one(value)


@workflow.defn
class WordCount:
    @workflow.run
    async def run(self, text: str) -> dict[str, Any]:
        value: dict[str, Any] = {"text": text}
        for step in (source, tokenize, report):
            value = await workflow.execute_activity(step, value, start_to_close_timeout=_LIMIT)
        return value


@workflow.defn
class Sequence:
    @workflow.run
    async def run(self) -> int:
        value = 0
        for _ in range(steps.SEQUENCE):
            value = await workflow.execute_activity(add_one, value, start_to_close_timeout=_LIMIT)
        return value


@workflow.defn
class FanOut:
    @workflow.run
    async def run(self) -> int:
        value = await workflow.execute_activity(add_one, 0, start_to_close_timeout=_LIMIT)
        items = [workflow.execute_activity(add_one, value, start_to_close_timeout=_LIMIT) for _ in range(steps.FAN_OUT)]
        return sum(await asyncio.gather(*items))


@contextlib.contextmanager
def started(_folder: Path) -> Iterator[timing.Runs]:
    port = free_port()
    command = [os.environ["TEMPORAL"], "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)]
    # By its default of 20 a second, a step waits 50 ms for the next look at the queue.
    command += ["--log-level", "error", "--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000"]
    with (
        processes.running(command, start_new_session=False, stdout=sys.stderr) as server,
        _loop() as loop,
        contextlib.ExitStack() as ending,
    ):

        def finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

        client = finished(_connected(port, server))
        worker = finished(_working(client))
        ending.callback(lambda: finished(worker.shutdown()))
        yield _runs(client, finished)


@contextlib.contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _connected(port: int, server: subprocess.Popen[bytes]) -> Client:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(RuntimeError):
            return await Client.connect(f"127.0.0.1:{port}")
        await asyncio.sleep(0.02)
    raise RuntimeError("the Temporal server did not start")


async def _working(client: Client) -> Worker:
    worker = Worker(
        client,
        task_queue=_QUEUE,
        workflows=[WordCount, Sequence, FanOut],
        activities=[source, tokenize, report, add_one],
        activity_executor=ThreadPoolExecutor(_ACTIVITIES_AT_ONCE),
        max_concurrent_activities=_ACTIVITIES_AT_ONCE,
    )
    await worker.__aenter__()
    return worker


def _runs(client: Client, finished: Callable[[Coroutine[Any, Any, Any]], Any]) -> timing.Runs:
    numbers = itertools.count()

    def run(kind: Any, *arguments: Any) -> Any:
        name = f"run-{next(numbers)}"
        return finished(client.execute_workflow(kind.run, *arguments, id=name, task_queue=_QUEUE))

    return timing.Runs(lambda text: run(WordCount, text), lambda: run(Sequence), lambda: run(FanOut))


if __name__ == "__main__":
    timing.main("temporalio", started)
