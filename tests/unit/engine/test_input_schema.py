"""The schema of a workflow's input."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import orjson
import pytest

from pipedreamer.engine.schema import LISTED_BODY, MESSAGE_LENGTH, SHOWN, InputSchema
from pipedreamer.errors import SpecError


def problems(schema: dict[str, Any] | bool, value: Any) -> list[dict[str, str]]:
    answer = InputSchema(schema).check(value, len(orjson.dumps(value)))
    if answer is None:
        return []
    assert answer.status == 422
    listed: list[dict[str, str]] = orjson.loads(answer.body)["problems"]
    return listed


def test_what_fits_passes() -> None:
    assert problems({"type": "object"}, {"a": 1}) == []
    assert problems(True, 5) == []


def test_every_problem_is_told_with_its_path() -> None:
    schema = {"properties": {"a/b": {"items": {"type": "integer"}}}, "required": ["c"]}
    assert problems(schema, {"a/b": [1, "x"]}) == [
        {"path": "", "message": '"c" is a required property'},
        {"path": "/a~1b/1", "message": '"x" is not of type "integer"'},
    ]


def test_the_error_names_the_first_problem() -> None:
    answer = InputSchema({"properties": {"n": {"type": "integer"}}}).check({"n": "x"}, 10)
    assert answer is not None
    told = orjson.loads(answer.body)["error"]
    assert told == 'the input does not fit the workflow\'s schema: /n: "x" is not of type "integer"'


def test_the_list_and_its_messages_have_an_end() -> None:
    listed = problems({"items": {"type": "string"}}, list(range(500)))
    assert len(listed) == SHOWN
    (long,) = problems({"type": "integer"}, "x" * 10_000)
    assert len(long["message"]) == MESSAGE_LENGTH


def test_of_a_large_input_only_the_first_problem_is_told() -> None:
    value = [1] * LISTED_BODY
    assert problems({"items": {"type": "string"}}, value) == [{"path": "/0", "message": '1 is not of type "string"'}]


def test_false_refuses_everything() -> None:
    assert len(problems(False, {})) == 1


@pytest.mark.parametrize("schema", [{"type": "wrong"}, {"$ref": "file:///etc/hostname"}, {"$ref": "#/nowhere"}])
def test_what_is_no_schema_is_an_error_at_the_start(schema: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=r"workflow\.yaml: error: input is not a usable JSON Schema"):
        InputSchema(schema)


def test_a_schema_elsewhere_is_never_fetched() -> None:
    asked: list[str] = []

    class Recorder(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(SpecError):
            InputSchema({"$ref": f"http://127.0.0.1:{server.server_port}/schema.json"})
        server.shutdown()
    assert asked == []


def test_deep_input_against_a_schema_that_refers_to_itself() -> None:
    text = b'{"next":' * 1000 + b"{}" + b"}" * 1000
    schema = InputSchema({"properties": {"next": {"$ref": "#"}}, "type": "object"})
    assert schema.check(orjson.loads(text), len(text)) is None
    wrong = text.replace(b"{}", b"5")
    answer = schema.check(orjson.loads(wrong), len(wrong))
    assert answer is not None
    assert answer.status == 422
