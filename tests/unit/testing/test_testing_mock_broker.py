"""The broker's twin: which answer a request gets, and what is remembered of it."""

from typing import Any, Literal

import pytest

from pipedreamer.authoring import FetchError
from pipedreamer.errors import FixtureError
from pipedreamer.sandbox.protocol import Fetch
from pipedreamer.testing import MockBroker
from pipedreamer.testing.mock_broker import REMEMBERED


def request(
    service: str,
    path: str = "",
    method: str = "GET",
    kind: Literal["http", "k8s"] = "http",
    body: bytes | None = None,
) -> Fetch:
    return Fetch(
        id=1, run=1, node=0, kind=kind, service=service, path=path, method=method,
        headers=(), body=body, timeout=None, ca=None,
    )  # fmt: skip


async def ask(
    broker: MockBroker, service: str, path: str = "", method: str = "GET"
) -> tuple[int, dict[str, str], bytes]:
    async with broker.open(request(service, path, method)) as answer:
        body = b"".join([chunk async for chunk in answer.chunks()])
        return answer.status, dict(answer.headers), body


async def chosen(fetch: dict[str, Any], service: str, path: str = "", method: str = "GET") -> str:
    """The body that a request gets."""
    return (await ask(MockBroker(fetch), service, path, method))[2].decode()


async def test_what_nobody_answers_gets_the_mock() -> None:
    status, headers, body = await ask(MockBroker(), "github", "/user?a=1", "POST")
    assert (status, headers) == (200, {"content-type": "application/json"})
    assert body == b'{"mock":true,"service":"github","path":"/user?a=1"}'


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("github /user", True),
        ("github", True),
        ("GET github /user", True),
        ("get github /user", True),
        ("POST github /user", False),
        ("github /users", False),
        ("github /use*", True),
        ("github *", True),
        ("* /user", True),
        ("git* /user", True),
        ("*", True),
        ("GET *", True),
        ("slack /user", False),
        ("https://api.github.com/user", True),
        ("GET https://api.github.com/*", True),
        ("https://api.github.com", False),
        ("github /user?page=1", True),
        ("github /user?page=2", False),
        ("github ?page=1", False),
        ("https://api.github.com/user?page=*", True),
    ],
)
async def test_a_pattern_fits_by_method_service_path_and_query(pattern: str, fits: bool) -> None:
    answered = await chosen({pattern: "here"}, "github", "/user?page=1")
    assert (answered == '"here"') is fits


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("https://example.com", True),
        ("https://example.com/", True),
        ("https://example.com*", True),
        ("http://example.com/", False),
        ("any", True),
        ("any https://example.com", True),
        ("other https://example.com", False),
        ("any /", False),
    ],
)
async def test_a_whole_url_is_matched_as_a_whole(pattern: str, fits: bool) -> None:
    assert (await chosen({pattern: "here"}, "any", "https://example.com") == '"here"') is fits


async def test_the_pattern_that_says_most_wins_wherever_it_stands() -> None:
    fetch = {
        "*": "all",
        "github": "service",
        "github /repos/*": "repos",
        "github /repos/a": "a",
        "POST github /repos/a": "post",
    }
    assert await chosen(fetch, "slack") == '"all"'
    assert await chosen(fetch, "github", "/user") == '"service"'
    assert await chosen(fetch, "github", "/repos/b") == '"repos"'
    assert await chosen(fetch, "github", "/repos/a") == '"a"'
    assert await chosen(fetch, "github", "/repos/a", "POST") == '"post"'


@pytest.mark.parametrize(
    ("value", "status", "kind", "body"),
    [
        ({"id": 1}, 200, "application/json", b'{"id":1}'),
        ([{"id": 1}], 200, "application/json", b'[{"id":1}]'),
        ([], 200, "application/json", b"[]"),
        (None, 200, "application/json", b"null"),
        ("text", 200, "application/json", b'"text"'),
        ({"status": 404}, 404, None, b""),
        ({"status": 201, "json": {"status": "ok"}}, 201, "application/json", b'{"status":"ok"}'),
        ({"body": "plain"}, 200, "text/plain; charset=utf-8", b"plain"),
        ({"base64": "AAEC"}, 200, "application/octet-stream", b"\x00\x01\x02"),
        ({"json": 1, "headers": {"Content-Type": "application/hal+json"}}, 200, "application/hal+json", b"1"),
    ],
)
async def test_the_forms_of_an_answer(value: Any, status: int, kind: str | None, body: bytes) -> None:
    got, headers, content = await ask(MockBroker({"s /": value}), "s", "/")
    assert (got, content) == (status, body)
    assert {name.lower(): text for name, text in headers.items()}.get("content-type") == kind


async def test_answers_come_in_turn_and_the_last_one_stays() -> None:
    broker = MockBroker({"s /": [{"status": 500}, {"status": 429, "headers": {"Retry-After": "1"}}, {"json": 1}]})
    assert [(await ask(broker, "s", "/"))[0] for _ in range(5)] == [500, 429, 200, 200, 200]


async def test_an_error_is_a_fetch_that_fails_and_says_what_was_asked() -> None:
    broker = MockBroker({"s": [{"error": "connection refused"}, {"json": 1}]})
    with pytest.raises(FetchError, match=r"^GET https://api\.s\.com/x: connection refused$"):
        await ask(broker, "s", "/x?key=1")
    assert (await ask(broker, "s", "/x"))[0] == 200
    assert [(asked.status, asked.error) for asked in broker.requests] == [(None, "connection refused"), (200, "")]


async def test_the_answer_to_head_has_no_body() -> None:
    assert await chosen({"s": {"id": 1}}, "s", "/", "HEAD") == ""


@pytest.mark.parametrize(("service", "path"), [("github", "user"), ("no_such host", "/"), ("x", "ftp://example.com")])
async def test_what_the_real_broker_refuses_is_refused_here(service: str, path: str) -> None:
    broker = MockBroker({"*": 1})
    with pytest.raises(FetchError):
        await ask(broker, service, path)
    assert broker.requests[0].error


async def test_a_request_is_remembered_with_what_secrets_add() -> None:
    broker = MockBroker({"slack /api/*": {"ok": True}}, secrets={"slack": {"token": "t-123456"}})
    async with broker.open(request("slack", "/api/chat", "POST", body=b'{"text": "hi"}')):
        pass
    (asked,) = broker.requests
    assert (asked.method, asked.service, asked.path) == ("POST", "slack", "/api/chat")
    assert asked.url == "https://api.slack.com/api/chat"
    assert asked.headers["authorization"] == "Bearer t-123456"
    assert asked.json() == {"text": "hi"}
    assert (asked.status, asked.answered_by) == (200, "slack /api/*")


async def test_answers_that_nobody_asked_for_are_known() -> None:
    broker = MockBroker({"a": 1, "b": 2}, {"/api": {}})
    await ask(broker, "a", "/")
    assert broker.unused == ("b", "/api")


async def test_a_node_that_asks_without_end_does_not_fill_the_memory() -> None:
    broker = MockBroker()
    for _ in range(REMEMBERED + 5):
        await ask(broker, "a", "/")
    assert len(broker.requests) == REMEMBERED


async def test_paths_of_the_cluster_are_answered_query_or_not() -> None:
    broker = MockBroker(k8s={"/api/v1/nodes": {"items": []}, "/api/v1/pods*": {"status": 403}})
    for path, status in (("/api/v1/nodes?limit=5", 200), ("/api/v1/nodes", 200), ("/api/v1/pods/a", 403)):
        async with broker.open(request("k8s", path, kind="k8s")) as answer:
            assert answer.status == status


async def test_a_path_of_the_cluster_without_an_answer_names_the_nearest() -> None:
    broker = MockBroker(fetch={"*": 1}, k8s={"/api/v1/nodes": {}})
    with pytest.raises(FetchError, match=r'GET /api/v1/node: .*did you mean "/api/v1/nodes"\?'):
        async with broker.open(request("k8s", "/api/v1/node", kind="k8s")):
            pass


@pytest.mark.parametrize(
    ("fetch", "message"),
    [
        ({"": 1}, "service /path"),
        ({"/user": 1}, "names no service"),
        ({"POST /user": 1}, "names no service"),
        ({"github user": 1}, 'the path must begin with "/"'),
        ({"GET github /a /b": 1}, "service /path"),
        ({"s /": {"status": "ok"}}, r'status must be a whole number.*\{"json": \.\.\.\}'),
        ({"s /": {"status": True}}, "status must be a whole number"),
        ({"s /": {"status": 99}}, "status must be a whole number"),
        ({"s /": {"status": 200, "jsn": 1}}, r'no "jsn" \(did you mean "json"\?; .*\{"json": \.\.\.\}'),
        ({"s /": {"json": 1, "body": "x"}}, "one body, not json and body"),
        ({"s /": {"error": "x", "status": 500}}, "takes nothing beside it"),
        ({"s /": {"error": 1}}, "error must be text"),
        ({"s /": {"body": {}}}, "body must be text"),
        ({"s /": {"base64": "%"}}, "base64 is not base64"),
        ({"s /": {"headers": []}}, "headers must be an object"),
        ({"s /": {"headers": {"x": 1}}}, 'the header "x" must be text'),
        ({"s /": [{"status": 500}, {"id": 1}]}, "only some items are answers"),
        ({"s /": [{"status": 500}, {"status": "x"}]}, r"\[1\]: status"),
    ],
)
def test_answers_that_make_no_sense_are_told_with_a_remedy(fetch: dict[str, Any], message: str) -> None:
    with pytest.raises(FixtureError, match=message):
        MockBroker(fetch)


def test_a_path_of_the_cluster_begins_with_a_slash() -> None:
    with pytest.raises(FixtureError, match=r'k8s "api/v1/nodes": a path of the API begins with "/"'):
        MockBroker(k8s={"api/v1/nodes": {}})


@pytest.mark.parametrize("host", ["kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "kubernetes"])
async def test_the_clusters_own_address_is_answered_by_its_paths(host: str) -> None:
    broker = MockBroker(k8s={"/api/v1/nodes": {"items": []}})
    status, _, body = await ask(broker, "", f"https://{host}/api/v1/nodes?limit=1")
    assert (status, body) == (200, b'{"items":[]}')
    assert broker.requests[0].answered_by == "/api/v1/nodes"
    with pytest.raises(FetchError, match=r"no answer for this path of the cluster.*give one in k8s"):
        await ask(broker, "", f"https://{host}/api/v1/pods")


async def test_an_answer_for_the_clusters_address_wins_over_its_path() -> None:
    url = "https://kubernetes.default.svc/api/v1/nodes"
    broker = MockBroker({url: "by address"}, {"/api/v1/nodes": "by path", "/never": 1})
    assert (await ask(broker, "", url))[2] == b'"by address"'


async def test_without_a_cluster_its_address_is_one_like_any_other() -> None:
    status, _, body = await ask(MockBroker(), "", "https://kubernetes.default.svc/version")
    assert (status, b'"mock":true' in body) == (200, True)
