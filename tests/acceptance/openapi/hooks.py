"""What schemathesis cannot know of a key: with another body it is refused, so that each call needs a key of its own."""

import re
from typing import Any
from uuid import uuid4

import schemathesis

from pipedreamer.engine.history.keys import KEY


@schemathesis.hook
def before_call(_: Any, case: Any, __: Any) -> None:
    key = case.headers.get("Idempotency-Key")
    if isinstance(key, str) and re.fullmatch(KEY, key):
        case.headers["Idempotency-Key"] = uuid4().hex
