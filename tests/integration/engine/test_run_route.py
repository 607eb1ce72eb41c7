"""`/run` over a real connection (contract: the engine over HTTP)."""

import asyncio
import logging
from typing import Any

import pytest

from pipedreamer.errors import EngineBusyError, NodeLoadError, SandboxError


async def test_a_json_body_reaches_the_roots_as_it_was_sent(engine: Any) -> None:
    answer = await engine.client.post(
        "/run", content=b' {"b": 1.0, "a": [ ]}', headers={"content-type": "application/json"}
    )
    assert answer.status_code == 200
    assert engine.twin.inputs == [b' {"b": 1.0, "a": [ ]}']


async def test_the_answer_has_outputs_errors_timing_run_id_and_version(engine: Any) -> None:
    answer = await engine.client.post("/run", json={"n": 1})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-run-id"] == "run-1"
    assert answer.json() == {
        "success": True,
        "runId": "run-1",
        "version": "1.0",
        "outputs": {"echo": {"n": 1}},
        "errors": {},
        "timing": {
            "startedAt": 1000,
            "completedAt": 1030,
            "durationMs": 30,
            "nodeTimings": {"echo": {"startedAt": 1000, "completedAt": 1030, "durationMs": 30}},
        },
    }


async def test_a_failed_run_is_500_with_its_result(engine: Any) -> None:
    engine.twin.errors["echo"] = "no such word"
    answer = await engine.client.post("/run", json={})
    assert answer.status_code == 500
    assert answer.json()["success"] is False
    assert answer.json()["errors"] == {"echo": "no such word"}
    assert answer.headers["x-run-id"] == "run-1"


async def test_an_empty_body_and_a_get_run_with_an_empty_object(engine: Any) -> None:
    assert (await engine.client.post("/run")).status_code == 200
    answer = await engine.client.get("/run")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert engine.twin.inputs == [b"{}", b"{}"]


async def test_what_curl_sends_by_default_is_read_as_json(engine: Any) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert (await engine.client.post("/run", content=b'{"name": "Ada"}', headers=kind)).status_code == 200
    assert (await engine.client.post("/run", content=b"a=1&b=2", headers=kind)).status_code == 200
    assert (await engine.client.post("/run", content=b'{"name": "Ada"', headers=kind)).status_code == 400
    assert [parse(one) for one in engine.twin.inputs] == [
        {"name": "Ada"},
        {"contentType": "application/x-www-form-urlencoded", "body": "a=1&b=2"},
    ]


async def test_a_body_that_says_json_and_is_not_is_400_and_says_where(engine: Any) -> None:
    answer = await engine.client.post("/run", content=b'{"a": NaN}', headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert "line 1 column 7" in answer.json()["error"]
    assert engine.twin.inputs == []


async def test_json_nested_100_000_deep_is_400_and_the_engine_lives_on(engine: Any) -> None:
    answer = await engine.client.post("/run", content=b"[" * 100_000 + b"]" * 100_000)
    assert answer.status_code == 400
    assert (await engine.client.post("/run", json={})).status_code == 200


async def test_input_that_does_not_fit_the_schema_is_422_with_paths(start_engine: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"names": {"type": "array", "items": {"type": "string"}}},
        "required": ["n"],
    }
    engine = await start_engine(input_schema=schema)
    answer = await engine.client.post("/run", json={"names": ["Ada", 7]})
    assert answer.status_code == 422
    assert answer.json()["problems"] == [
        {"path": "", "message": '"n" is a required property'},
        {"path": "/names/1", "message": '7 is not of type "string"'},
    ]
    assert engine.twin.inputs == []
    assert (await engine.client.post("/run", json={"n": 1})).status_code == 200


async def test_no_room_is_503_and_says_when_to_come_back(engine: Any) -> None:
    engine.twin.failure = EngineBusyError("64 runs are under way and 256 wait; try again", retry_after=7)
    answer = await engine.client.post("/run", json={})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "7"
    assert answer.json() == {"error": "64 runs are under way and 256 wait; try again"}


async def test_a_sandbox_that_cannot_start_is_503_and_other_known_errors_are_500(engine: Any) -> None:
    engine.twin.failure = SandboxError("worker 1 does not start: no memory")
    answer = await engine.client.post("/run", json={})
    assert (answer.status_code, answer.json()) == (503, {"error": "worker 1 does not start: no memory"})
    assert answer.headers["retry-after"] == "1"
    engine.twin.failure = NodeLoadError("node a: nodes/a.py:3: no function run")
    answer = await engine.client.post("/run", json={})
    assert (answer.status_code, answer.json()) == (500, {"error": "node a: nodes/a.py:3: no function run"})


async def test_an_unforeseen_error_is_a_500_with_a_number_under_which_the_log_has_the_traceback(
    start_engine: Any, caplog: pytest.LogCaptureFixture
) -> None:
    engine = await start_engine(secrets={"github": {"token": "s3cr3t-token"}})
    engine.twin.failure = ZeroDivisionError("by s3cr3t-token")
    with caplog.at_level(logging.ERROR, "pipedreamer.engine"):
        answer = await engine.client.post("/run", json={})
    assert answer.status_code == 500
    number = answer.json()["id"]
    assert "ZeroDivisionError" not in answer.text
    assert f"error {number} " in caplog.text
    assert "ZeroDivisionError: by ***" in caplog.text
    assert "s3cr3t-token" not in caplog.text


async def test_a_secret_is_masked_in_results_and_in_errors(start_engine: Any) -> None:
    engine = await start_engine(secrets={"github": {"token": "s3cr3t-token"}})
    answer = await engine.client.post("/run", json={"told": "s3cr3t-token"})
    assert answer.json()["outputs"] == {"echo": {"told": "***"}}
    engine.twin.failure = SandboxError("worker said s3cr3t-token")
    answer = await engine.client.post("/run", json={})
    assert answer.json() == {"error": "worker said ***"}


async def test_a_caller_who_goes_away_does_not_stop_the_run(engine: Any) -> None:
    engine.twin.gate = asyncio.Event()
    _, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    writer.write(b"POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")
    await engine.twin.started.wait()
    writer.close()
    await writer.wait_closed()
    assert (await engine.client.get("/health")).status_code == 200
    engine.twin.gate.set()
    await engine.twin.ended.wait()


async def test_a_new_service_is_served_from_the_next_request_on_and_runs_under_way_keep_the_old_one(
    start_engine: Any,
) -> None:
    engine = await start_engine()
    engine.twin.gate = asyncio.Event()
    before = asyncio.create_task(engine.client.post("/run", json={"n": 1}))
    await engine.twin.started.wait()
    other = await start_engine(input_schema={"required": ["n"]}, version="2.0")
    engine.app.replace(other.service)
    assert (await engine.client.post("/run", json={})).status_code == 422
    assert (await engine.client.get("/health")).json()["version"] == "2.0"
    engine.twin.gate.set()
    assert (await before).status_code == 200
    assert engine.twin.inputs == [b'{"n":1}']


async def test_a_thousand_requests_at_once_are_all_answered_right(engine: Any) -> None:
    async def one(number: int) -> bool:
        status, _, answer = await engine.ask("POST /run HTTP/1.1\nHost: localhost", b"%d" % number)
        return bool(status == 200 and answer["outputs"]["echo"] == number)

    assert all(await asyncio.gather(*(one(number) for number in range(1000))))


def parse(text: bytes) -> Any:
    import orjson

    return orjson.loads(text)
