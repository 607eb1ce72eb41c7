"""`ctx.fetch` asks the engine by frames and gives the Response that native fetch would give."""

from typing import Any

import pytest
from tests.unit.sandbox.deno.driver import DenoWorker, Heard

from pipedreamer.sandbox.protocol import (
    FETCH_WINDOW,
    MOST_FETCHES,
    Beat,
    Begun,
    Fetch,
    FetchData,
    FetchFailed,
    FetchHead,
    FetchMore,
    FetchStop,
    Outcome,
    Run,
    ToWorker,
)

TOO_LONG = "a message of 90000033 bytes is over the limit of 83886080"
JSON = (("content-type", "application/json"),)


def _answer(
    fetch: Fetch, *body: bytes, status: int = 200, headers: tuple[tuple[str, str], ...] = JSON
) -> list[ToWorker]:
    url = f"https://api.{fetch.service}.com{fetch.path}"
    pieces = [FetchData(fetch.id, piece, last=False) for piece in body]
    return [FetchHead(fetch.id, status, url, headers), *pieces, FetchData(fetch.id, b"", last=True)]


@pytest.fixture
def fetching(start: Any) -> Any:
    """`fetching(body, answer)` -> what the worker said while a node with this body ran."""

    def fetching(body: str, answer: Any = lambda fetch: _answer(fetch, b'{"a":', b"1}")) -> Heard:
        worker: DenoWorker = start(f"export default async function run(ctx: any) {{\n{body}\n}}\n")
        worker.answer = answer
        heard: Heard = worker.run(run=3)
        return heard

    return fetching


def test_the_engine_is_asked_as_the_node_asked(fetching: Any) -> None:
    heard = fetching("await ctx.fetch('github', '/user'); await ctx.fetch('x');")
    assert heard.of(Fetch) == [
        Fetch(1, 3, 0, "http", "github", "/user", "GET", (), None, None, None),
        Fetch(2, 3, 0, "http", "x", "", "GET", (), None, None, None),
    ]


def test_method_headers_timeout_and_certificate_go_along(fetching: Any) -> None:
    init = "{ method: 'put', headers: new Headers([['X-A', '1'], ['x-a', '2']]), timeout: 1.5, ca: 'PEM' }"
    (asked,) = fetching(f"await ctx.fetch('x', '/', {init});").of(Fetch)
    assert (asked.method, asked.headers, asked.timeout, asked.ca) == ("PUT", (("x-a", "1, 2"),), 1.5, "PEM")


@pytest.mark.parametrize(
    ("body", "kind", "sent"),
    [
        ("'tëxt'", "text/plain;charset=UTF-8", "tëxt".encode()),
        ("''", "text/plain;charset=UTF-8", b""),
        ("JSON.stringify({ a: 1 })", "text/plain;charset=UTF-8", b'{"a":1}'),
        ("new Uint8Array([1, 2, 255]).subarray(1)", None, b"\x02\xff"),
        ("new Uint8Array([1, 2]).buffer", None, b"\x01\x02"),
        ("new URLSearchParams({ a: 'b c' })", "application/x-www-form-urlencoded;charset=UTF-8", b"a=b+c"),
        ("new Blob(['blob'], { type: 'text/x' })", "text/x", b"blob"),
        ("new Blob(['a', 'b']).stream()", None, b"ab"),
        ("new Uint8Array(3_000_000)", None, bytes(3_000_000)),
    ],
)
def test_every_kind_of_body_arrives(body: str, kind: str | None, sent: bytes, fetching: Any) -> None:
    (asked,) = fetching(f"await ctx.fetch('x', '/', {{ method: 'POST', body: {body} }});").of(Fetch)
    assert asked.body == sent
    assert dict(asked.headers).get("content-type") == kind


def test_a_form_arrives_with_its_boundary(fetching: Any) -> None:
    form = "const form = new FormData(); form.append('a', 'b'); form.append('f', new Blob(['x']), 'name.txt');"
    (asked,) = fetching(f"{form} await ctx.fetch('x', '/', {{ method: 'POST', body: form }});").of(Fetch)
    kind, _, boundary = dict(asked.headers)["content-type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    assert asked.body.startswith(f"--{boundary}\r\n".encode())
    assert b'name="f"; filename="name.txt"' in asked.body


def test_a_content_type_of_the_nodes_own_wins(fetching: Any) -> None:
    init = "{ method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } }"
    (asked,) = fetching(f"await ctx.fetch('x', '/', {init});").of(Fetch)
    assert asked.headers == (("content-type", "application/json"),)


def test_the_response_is_a_native_one(fetching: Any) -> None:
    body = """
        const response = await ctx.fetch("shop", "/things");
        const { status, ok, url, redirected, statusText, headers, type } = response;
        return [
          response instanceof Response, status, ok, url, redirected, statusText, type,
          headers.get("Content-Type"), headers.getSetCookie(),
          response.bodyUsed, await response.json(), response.bodyUsed,
        ];
    """
    headers = (*JSON, ("Set-Cookie", "a=1"), ("set-cookie", "b=2"))
    assert fetching(body, lambda fetch: _answer(fetch, b'{"a":', b"1}", headers=headers)).output == [
        True, 200, True, "https://api.shop.com/things", False, "OK", "default",
        "application/json", ["a=1", "b=2"], False, {"a": 1}, True,
    ]  # fmt: skip


def test_a_clone_knows_where_it_came_from_too(fetching: Any) -> None:
    body = """
        const response = await ctx.fetch("shop", "/things");
        const twice = response.clone().clone();
        const { clone } = response;
        return [twice.url, await twice.json(), twice instanceof Response, typeof clone, await response.json()];
    """
    seen = fetching(body, lambda fetch: _answer(fetch, b"[1]", headers=JSON)).output
    assert seen == ["https://api.shop.com/things", [1], True, "function", [1]]


@pytest.mark.parametrize(
    ("read", "value"),
    [
        ("response.text()", "tëxt"),
        ("response.clone().text()", "tëxt"),
        ("response.bytes().then((bytes: Uint8Array) => bytes.length)", 5),
        ("response.blob().then((blob: Blob) => [blob.size, blob.type])", [5, "text/x"]),
        ("Array.fromAsync(response.body).then((pieces: any) => pieces.map((piece: any) => piece.length))", [1, 2, 2]),
        (
            "response.body.getReader({ mode: 'byob' }).read(new Uint8Array(9)).then((read: any) => [...read.value])",
            [116],
        ),
        ("response.body.pipeThrough(new TextDecoderStream()).getReader().read().then((read: any) => read.value)", "t"),
        ("response.json()", None),
    ],
)
def test_the_body_can_be_read_in_every_way(read: str, value: Any, fetching: Any) -> None:
    def answer(fetch: Fetch) -> list[ToWorker]:
        return _answer(
            fetch, b"t", b"", "ëx".encode()[:2], "ëx".encode()[2:] + b"t", headers=(("content-type", "text/x"),)
        )

    heard = fetching(f"const response = await ctx.fetch('x', '/');\nreturn await {read};", answer)
    if value is None:
        assert heard.errors[0].startswith("SyntaxError: Unexpected token 'ë'")
        assert heard.errors[0].endswith("(nodes/n.ts:3)")
    else:
        assert heard.output == value


def test_all_of_a_body_read_byob_comes_to_an_end(fetching: Any) -> None:
    body = """
        const reader = (await ctx.fetch("x", "/")).body.getReader({ mode: "byob" });
        const sizes = [];
        while (true) {
          const { done, value } = await reader.read(new Uint8Array(2));
          if (done) return sizes;
          sizes.push(value.length);
        }
    """
    assert fetching(body, lambda fetch: _answer(fetch, b"abc", b"d")).output == [2, 1, 1]


@pytest.mark.parametrize("status", [204, 304, 404, 500, 599])
def test_an_error_status_is_an_answer_and_some_have_no_body(status: int, fetching: Any) -> None:
    read = "const r = await ctx.fetch('x', '/'); return [r.status, r.ok, r.body === null, await r.text()];"
    heard = fetching(read, lambda fetch: _answer(fetch, *([] if status in (204, 304) else [b"x"]), status=status))
    assert heard.output == [status, status == 204, status in (204, 304), "" if status in (204, 304) else "x"]


def test_as_much_as_was_read_may_come_and_no_more(start: Any) -> None:
    node = """\
        export default async function run(ctx: any) {
          const reader = (await ctx.fetch("x", "/")).body.getReader();
          const { value } = await reader.read();
          ctx.log.info("read", value.length);
          await ctx.fetch("x", "/go on");
          let size = value.length;
          for (let piece = await reader.read(); !piece.done; piece = await reader.read()) size += piece.value.length;
          return size;
        }
    """
    worker: DenoWorker = start(node)
    worker.send(Run(1, "r", b"{}"))
    (asked,) = worker.until(lambda message: isinstance(message, Fetch)).of(Fetch)
    piece = bytes(FETCH_WINDOW // 4)
    worker.send(FetchHead(asked.id, 200, "u", ()), *(FetchData(asked.id, piece, last=False) for _ in range(4)))
    heard = worker.until(lambda message: isinstance(message, Fetch))
    assert heard.of(FetchMore) == [FetchMore(asked.id, len(piece))]
    (again,) = heard.of(Fetch)
    worker.send(*_answer(again), FetchData(asked.id, piece, last=True))
    heard = worker.until(lambda message: isinstance(message, Outcome))
    assert heard.output == 5 * len(piece)
    assert sum(more.taken for more in heard.of(FetchMore)) <= 3 * len(piece)
    assert heard.of(FetchStop) == []


def test_no_answer_is_an_error_at_the_persons_own_line(fetching: Any) -> None:
    read = (
        "return await ctx.fetch('x', '/')\n.catch((error: any) => { throw new Error(error.name, { cause: error }); });"
    )
    heard = fetching(read, lambda fetch: [FetchFailed(fetch.id, "GET https://x/: refused")])
    assert heard.errors == {0: "Error: FetchError (nodes/n.ts:3)"}
    heard = fetching(
        "return await ctx.fetch('x', '/');", lambda fetch: [FetchFailed(fetch.id, "GET https://x/: refused")]
    )
    assert heard.errors == {0: "FetchError: GET https://x/: refused (nodes/n.ts:2)"}


def test_a_body_that_breaks_off_is_an_error_of_who_reads_it(fetching: Any) -> None:
    def answer(fetch: Fetch) -> list[ToWorker]:
        return [*_answer(fetch, b"some")[:2], FetchFailed(fetch.id, "GET https://x/: broke off")]

    heard = fetching("const r = await ctx.fetch('x', '/'); ctx.log.info(r.status);\nawait r.text();", answer)
    assert heard.lines[0] == ("info", "200")
    assert heard.errors[0].startswith("FetchError: GET https://x/: broke off")


@pytest.mark.parametrize(
    ("init", "message"),
    [
        ("{ body: 'x' }", "TypeError: Request with GET/HEAD method cannot have body (nodes/n.ts:2)"),
        ("{ method: 'a b' }", "TypeError: Method is not valid (nodes/n.ts:2)"),
        ("{ redirect: 'manual' }",
         'FetchError: ctx.fetch always follows redirects: it cannot do `redirect: "manual"` (nodes/n.ts:2)'),
        ("{ client: {} }",
         "FetchError: ctx.fetch takes no `client`: pass a certificate as `ca`, or use fetch (nodes/n.ts:2)"),
        ("{ timeout: 'soon' }", "FetchError: ctx.fetch takes `timeout` in seconds, as a number (nodes/n.ts:2)"),
        ("{ signal: AbortSignal.abort() }", "AbortError: The signal has been aborted (nodes/n.ts:2)"),
        ("{ signal: AbortSignal.abort(new RangeError('mine')) }", "RangeError: mine (nodes/n.ts:2)"),
        ("{ method: 'POST', body: new Uint8Array(90_000_000) }",
         f'FetchError: ctx.fetch("x") cannot send this: {TOO_LONG} (nodes/n.ts:2)'),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_never_sent(init: str, message: str, fetching: Any) -> None:
    heard = fetching(f"await ctx.fetch('x', '/', {init});")
    assert heard.errors == {0: message}
    assert heard.of(Fetch) == []


def test_an_answer_that_no_response_can_hold_is_an_error(fetching: Any) -> None:
    heard = fetching("await ctx.fetch('x', '/');", lambda fetch: _answer(fetch, status=999))
    assert heard.errors[0].startswith(
        "FetchError: https://api.x.com/ answered with what no Response can hold: RangeError"
    )


def test_a_signal_stops_a_fetch_before_its_answer(fetching: Any) -> None:
    body = """
        const controller = new AbortController();
        setTimeout(() => controller.abort(), 50);
        try {
          await ctx.fetch("x", "/", { signal: controller.signal });
        } catch (error) {
          return [error instanceof DOMException, error.name];
        }
    """
    heard = fetching(body, None)
    assert heard.output == [True, "AbortError"]
    assert heard.of(FetchStop) == [FetchStop(1)]


def test_a_signal_stops_a_fetch_amid_its_body(fetching: Any) -> None:
    body = """
        const controller = new AbortController();
        const response = await ctx.fetch("x", "/", { signal: controller.signal });
        const reader = response.body.getReader();
        await reader.read();
        controller.abort("enough");
        return await reader.read().catch((error: unknown) => error);
    """
    heard = fetching(body, lambda fetch: _answer(fetch, b"some")[:2])
    assert heard.output == "enough"
    assert heard.of(FetchStop) == [FetchStop(1)]


def test_a_timeout_signal_of_the_nodes_own_stops_only_the_fetch(fetching: Any) -> None:
    body = "return await ctx.fetch('x', '/', { signal: AbortSignal.timeout(50) }).catch((error: any) => error.name);"
    heard = fetching(body, None)
    assert heard.output == "TimeoutError"
    assert heard.of(FetchStop) == [FetchStop(1)]


@pytest.mark.parametrize("body", ["await r.body.cancel();", "for await (const _ of r.body) break;"])
def test_a_body_that_nobody_wants_is_stopped(body: str, fetching: Any) -> None:
    heard = fetching(f"const r = await ctx.fetch('x', '/'); {body}", lambda fetch: _answer(fetch, b"some")[:2])
    assert heard.errors == {}
    assert heard.of(FetchStop) == [FetchStop(1)]


def test_a_body_left_unread_is_stopped_after_the_node(start: Any) -> None:
    worker: DenoWorker = start("export default async (ctx: any) => (await ctx.fetch('x', '/')).status;")
    worker.answer = lambda fetch: list(_answer(fetch, b"some")[:2])
    worker.send(Run(1, "r", b"{}"))
    assert worker.until(lambda message: isinstance(message, FetchStop)).errors == {}


def test_a_body_that_was_there_when_the_node_ended_needs_no_stop(fetching: Any) -> None:
    heard = fetching(
        "const r = await ctx.fetch('x', '/'); await new Promise((f) => setTimeout(f, 200)); return r.status;"
    )
    assert heard.output == 200
    assert heard.of(FetchStop) == []


def test_many_fetches_at_once_get_each_its_own_answer(fetching: Any) -> None:
    body = """
        const one = async (n: number) => (await ctx.fetch("x", `/${n}`)).json();
        return await Promise.all(Array.from({ length: 40 }, (_, n) => one(n)));
    """
    heard = fetching(body, lambda fetch: _answer(fetch, fetch.path[1:].encode()))
    assert heard.output == list(range(40))


def test_frames_for_fetches_that_nobody_waits_for_are_passed_over(start: Any) -> None:
    worker: DenoWorker = start("export default () => 1;")
    worker.send(FetchHead(9, 200, "u", ()), FetchData(9, b"x", last=True), FetchFailed(8, "x"))
    assert worker.run().output == 1


def test_k8s_gives_json_and_an_error_status_is_an_error(fetching: Any) -> None:
    body = "return await ctx.k8s.get('/api/v1/nodes');"
    heard = fetching(body)
    assert heard.output == {"a": 1}
    assert heard.of(Fetch) == [Fetch(1, 3, 0, "k8s", "k8s", "/api/v1/nodes", "GET", (), None, None, None)]
    heard = fetching(body, lambda fetch: _answer(fetch, status=403))
    assert heard.errors == {0: "FetchError: GET /api/v1/nodes answered 403 (nodes/n.ts:2)"}


MANY = """
    const one = async (n: number) => (await ctx.fetch("x", `/${n}`)).text();
    return (await Promise.all(Array.from({ length: 600 }, (_, n) => one(n)))).length;
"""


def test_no_more_are_under_way_at_once_than_the_engine_takes(start: Any) -> None:
    worker: DenoWorker = start(f"export default async function run(ctx: any) {{{MANY}}}")
    worker.send(Run(1, "r", b"{}"))
    under_way: list[Fetch] = []
    heard = Heard()
    while not heard.of(Outcome):
        message = worker.next()
        heard.messages.append(message)
        if isinstance(message, Fetch):
            under_way.append(message)
            assert len(under_way) <= MOST_FETCHES
        if len(under_way) == MOST_FETCHES or len(heard.of(Fetch)) == 600:
            while under_way:
                worker.send(*_answer(under_way.pop(0), b"x"))
    assert heard.output == 600


def test_one_that_waits_for_room_is_stopped_without_a_word_and_told_when_it_waits_too_long(start: Any) -> None:
    node = f"""\
        export default async function run(ctx: any) {{
          for (let n = 0; n < {MOST_FETCHES}; n++) void ctx.fetch("x", "/never");
          const controller = new AbortController();
          setTimeout(() => controller.abort(), 50);
          const said = (error: unknown) => `${{error}}`;
          const stopped = await ctx.fetch("x", "/late", {{ signal: controller.signal }}).catch(said);
          const late = await ctx.fetch("x", "/late", {{ timeout: 0.1 }}).catch(said);
          void ctx.fetch("x", "/not before the end");
          await new Promise((resolve) => setTimeout(resolve, 20));
          return [stopped, late];
        }}
    """
    worker: DenoWorker = start(node)
    heard = worker.run()
    heard.messages += worker.run(run=2).messages
    waited = 'FetchError: ctx.fetch("x"): timed out after 100ms, waiting for other fetches to end'
    assert heard.output == ["AbortError: The signal has been aborted", waited]
    assert [fetch.path for fetch in heard.of(Fetch)] == ["/never"] * 2 * MOST_FETCHES


def test_what_is_left_of_a_timeout_is_told_when_there_is_room(start: Any) -> None:
    node = f"""\
        export default async function run(ctx: any) {{
          for (let n = 1; n < {MOST_FETCHES}; n++) void ctx.fetch("x", "/never");
          const first = ctx.fetch("x", "/first");
          const second = ctx.fetch("x", "/second", {{ timeout: 500 }});
          await new Promise((resolve) => setTimeout(resolve, 200));
          await ctx.fetch("x", "/third", {{ timeout: 500, signal: AbortSignal.timeout(1) }}).catch(() => {{}});
          await (await first).text();
          return (await second).status;
        }}
    """
    worker: DenoWorker = start(node)
    worker.send(Run(1, "r", b"{}"))
    (first,) = worker.until(lambda message: isinstance(message, Fetch) and message.path == "/first").of(Fetch)[-1:]
    for _ in range(20):
        assert isinstance(worker.next(), Begun | Beat)
    worker.send(*_answer(first, b"x"))
    (second,) = worker.until(lambda message: isinstance(message, Fetch)).of(Fetch)
    assert second.path == "/second"
    assert second.timeout is not None
    assert 0 < second.timeout < 499.7
    worker.send(*_answer(second, b"x"))
    assert worker.until(lambda message: isinstance(message, Outcome)).output == 200
