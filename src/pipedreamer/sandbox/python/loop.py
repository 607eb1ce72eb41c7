"""The worker's event loop: asyncio's own, with a way to begin a task at once."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any


class NodeLoop(asyncio.SelectorEventLoop):
    """What Python 3.12 calls eager tasks: in 3.11 a task hands its first step to `call_soon`, where it is kept back."""

    _keeping = False
    _kept: tuple[Callable[..., Any], Context]

    def create_held(self, coro: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that has not begun; `begin` it before anything else is done."""
        self._keeping = True
        return asyncio.Task(coro, loop=self)

    def begin_held(self) -> None:
        """Take the first step of the task that was created last. No other task may be running."""
        step, context = self._kept
        context.run(step)

    def call_soon(  # type: ignore[override] # a kept step has no handle; tasks do not ask for it
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle | None:
        if self._keeping and context is not None:
            self._keeping = False
            self._kept = callback, context
            return None
        return super().call_soon(callback, *args, context=context)
