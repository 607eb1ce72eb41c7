"""The JSON Schema of a workflow's input, held against what a caller sent."""

from itertools import islice
from typing import Any, Final

from pipedreamer.engine.answer import Answer, refusal
from pipedreamer.errors import Problem, SpecError

SHOWN: Final = 100
"""At most so many problems are listed."""
MESSAGE_LENGTH: Final = 300
LISTED_BODY: Final = 16 * 1024
"""Above this size only the first problem is told: to collect the errors of a large body takes seconds."""


class InputSchema:
    """A compiled schema, references to other documents never fetched. Raises `SpecError` when it is not a schema."""

    def __init__(self, schema: dict[str, Any] | bool) -> None:
        from jsonschema_rs import ValidationError, validator_for  # only workflows with a schema pay for the import

        try:
            self._validator = validator_for(schema, offline=True)
        except (ValidationError, ValueError) as error:
            message = f"input is not a usable JSON Schema: {getattr(error, 'message', error)}"
            remedy = "correct it; references must stay inside the document"
            raise SpecError((Problem("workflow.yaml", 0, 0, message, remedy),)) from error

    def check(self, value: Any, size: int) -> Answer | None:
        """The refusal of an input that does not fit, or None; `size` is the length of its JSON text."""
        if self._validator.is_valid(value):
            return None
        problems = [
            {"path": _pointer(error.instance_path), "message": _short(error.message)}
            for error in islice(self._errors(value, size), SHOWN)
        ]
        first = problems[0]
        return refusal(
            422,
            f"the input does not fit the workflow's schema: {first['path'] or 'input'}: {first['message']}",
            problems=problems,
        )

    def _errors(self, value: Any, size: int) -> Any:
        from jsonschema_rs import ValidationError

        if size <= LISTED_BODY:
            return self._validator.iter_errors(value)
        try:
            self._validator.validate(value)
        except ValidationError as error:
            return iter((error,))
        return iter(())


def _pointer(path: list[str | int]) -> str:
    """A JSON Pointer (RFC 6901); the whole input is the empty text."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _short(message: str) -> str:
    return message if len(message) <= MESSAGE_LENGTH else message[: MESSAGE_LENGTH - 3] + "..."
