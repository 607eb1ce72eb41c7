"""The worker's event loop: asyncio's own, with a way to begin a task at once; and steps in a context of their own."""

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from typing import Any


class NodeLoop(asyncio.SelectorEventLoop):
    """What Python 3.12 calls eager tasks: in 3.11 a task hands its first step to `call_soon`, where it is kept back."""

    _keeping = False
    _kept: tuple[Callable[..., Any], Context]

    def begin(self, coro: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that has taken its first step. No other task may be running."""
        self._keeping = True
        task = asyncio.Task(coro, loop=self)
        step, context = self._kept
        context.run(step)
        return task

    def call_soon(  # type: ignore[override] # a kept step has no handle; tasks do not ask for it
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle | None:
        if self._keeping and context is not None:
            self._keeping = False
            self._kept = callback, context
            return None
        return super().call_soon(callback, *args, context=context)


@types.coroutine
def within(context: Context, steps: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Await `steps`, each of them taken in `context`: what they set there, the awaiting task does not see."""
    sent: Any = None
    thrown: BaseException | None = None
    while True:
        try:
            waited_for = context.run(steps.send, sent) if thrown is None else context.run(steps.throw, thrown)
        except StopIteration as stop:
            return stop.value
        sent = thrown = None
        try:
            sent = yield waited_for
        except GeneratorExit:
            context.run(steps.close)
            raise
        except BaseException as error:  # noqa: BLE001 - a cancellation goes into the steps, as await would do it
            thrown = error
