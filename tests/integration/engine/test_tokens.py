"""Who may do what with a token, with a login, and with neither, on a real server."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.web import data

from pipedreamer.engine import entrance
from pipedreamer.engine.access.gate import Gate
from pipedreamer.engine.access.guesses import MOST, Guesses
from pipedreamer.engine.access.sessions import LIFETIME_S, Sessions
from pipedreamer.engine.access.tokens import SCOPES, Token, digest_of

TEXT: dict[str, str] = {scope: f"{scope}-token-of-the-test" for scope in SCOPES}
TOKENS = tuple(Token(f"{scope}er", scope, digest_of(TEXT[scope].encode())) for scope in SCOPES)
HTML = {"accept": "text/html,*/*"}
COOKIE = "pipedreamer-word-counter"


def shown(text: str) -> dict[str, str]:
    return {"pipedreamer-token": text}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def open_engine(start_engine: Any) -> Callable[..., Any]:
    """`await open_engine(tokens, opens_run=..., clock=..., limits=...)` -> an engine behind a gate."""

    async def start(
        tokens: Callable[[], tuple[Token, ...]] = lambda: TOKENS,
        opens_run: bool = False,
        clock: Clock | None = None,
        **fields: Any,
    ) -> Any:
        clock = clock or Clock()
        gate = Gate("word-counter", tokens, opens_run=opens_run, sessions=Sessions(clock), guesses=Guesses(clock))
        return await start_engine(gate=gate, about=data.workflow(), **fields)

    return start


@pytest.fixture
async def guarded(open_engine: Any) -> Any:
    return await open_engine()


async def logged_in(engine: Any, scope: str, **headers: str) -> str:
    """The value of the cookie that a login gave."""
    answer = await engine.client.post(
        "/login", data={"token": f" {TEXT[scope]}\n"}, headers={"origin": f"http://127.0.0.1:{engine.port}", **headers}
    )
    assert answer.status_code == 303, answer.text
    name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
    assert name == COOKIE
    engine.client.cookies.clear()
    return f"{name}={value}"


async def test_none_and_a_wrong_token_are_401_and_too_little_is_403(guarded: Any) -> None:
    answer = await guarded.client.post("/run", json={})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["error"].startswith("this engine asks for a token")
    answer = await guarded.client.post("/run", json={}, headers=shown("wrong"))
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["error"].startswith("this engine does not know that token")
    assert "wrong" not in answer.text
    answer = await guarded.client.post("/run", json={}, headers=shown(TEXT["read"]))
    assert answer.status_code == 403
    assert answer.json() == {"error": "this takes a token of the scope run; reader has read"}
    assert guarded.twin.inputs == []
    answer = await guarded.client.post("/run", json={}, headers=shown(TEXT["run"]))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"pipedreamer-token": TEXT["run"]},
        {"Authorization": f"Bearer {TEXT['run']}"},
        {"authorization": f"bearer  {TEXT['run']}"},
        {"authorization": "Basic YTpi", "pipedreamer-token": TEXT["run"]},
        {"authorization": "Bearer of-a-proxy-before-it", "pipedreamer-token": TEXT["run"]},
    ],
)
async def test_a_token_comes_in_either_header(guarded: Any, headers: dict[str, str]) -> None:
    assert (await guarded.client.post("/run", json={}, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": TEXT["run"]},
        {"authorization": f"Basic {TEXT['run']}"},
        {"authorization": f"Bearer {TEXT['run']}", "pipedreamer-token": "another"},
        {"cookie": f"{COOKIE}={TEXT['run']}"},
        {"x-token": TEXT["run"]},
    ],
)
async def test_nothing_else_is_a_token(guarded: Any, headers: dict[str, str]) -> None:
    assert (await guarded.client.post("/run", json={}, headers=headers)).status_code == 401
    assert (await guarded.client.get(f"/workflow?token={TEXT['run']}")).status_code == 401


async def test_a_token_twice_is_refused(guarded: Any) -> None:
    text = TEXT["run"]
    twice = f"POST /run HTTP/1.1\nHost: localhost\nPipedreamer-Token: {text}\nPipedreamer-Token: {text}"
    status, _, answer = await guarded.ask(twice)
    assert status == 400
    assert text not in str(answer)


async def test_a_route_that_got_no_rule_is_for_admin_alone(guarded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(entrance.ROUTES, "/new", ("GET",))
    assert (await guarded.client.get("/new")).status_code == 401
    found = [(await guarded.client.get("/new", headers=shown(TEXT[scope]))).status_code for scope in SCOPES]
    assert found == [403, 403, 200]


async def test_what_is_not_there_is_told_to_those_who_may_read(guarded: Any) -> None:
    assert (await guarded.client.get("/nowhere")).status_code == 401
    assert (await guarded.client.get("/nowhere", headers=shown(TEXT["read"]))).status_code == 404
    assert (await guarded.client.put("/run", headers=shown(TEXT["read"]))).status_code == 405


async def test_health_is_told_in_full_to_those_who_may_read(guarded: Any) -> None:
    assert (await guarded.client.get("/health")).json() == {"status": "ok"}
    assert "layers" in (await guarded.client.get("/health", headers=shown(TEXT["read"]))).json()


async def test_where_it_is_so_configured_everybody_may_run_and_nothing_else(open_engine: Any) -> None:
    engine = await open_engine(opens_run=True)
    assert (await engine.client.post("/run", json={})).status_code == 200
    assert (await engine.client.get("/run")).status_code == 200
    assert (await engine.client.get("/workflow")).status_code == 401
    status, _, _ = await engine.ask("POST /run HTTP/1.1\nHost: evil.example.com\nPipedreamer-Token: made-up")
    assert status == 401
    status, _, _ = await engine.ask("POST /run HTTP/1.1\nHost: evil.example.com")
    assert status == 403


async def test_a_token_makes_up_for_a_host_that_is_not_known(guarded: Any) -> None:
    head = "POST /run HTTP/1.1\nHost: api.cluster.example:6443"
    assert (await guarded.ask(head))[0] == 403
    assert (await guarded.ask(f"{head}\nPipedreamer-Token: made-up"))[0] == 401
    assert (await guarded.ask(f"{head}\nPipedreamer-Token: {TEXT['run']}"))[0] == 200
    assert (await guarded.ask(head))[0] == 403, "the name must not be remembered as good"
    page = f"{head}\nPipedreamer-Token: {TEXT['run']}\nOrigin: http://evil.example.com"
    assert (await guarded.ask(page))[0] == 403


async def test_an_engine_without_tokens_has_no_login(engine: Any) -> None:
    for method, path in (("GET", "/login"), ("POST", "/login"), ("POST", "/logout")):
        assert (await engine.client.request(method, path)).status_code == 404
    assert (await engine.client.post("/run", json={}, headers=shown("whatever"))).status_code == 200


async def test_many_wrong_tokens_are_answered_with_429_and_lock_out_nobody(open_engine: Any) -> None:
    clock = Clock()
    engine = await open_engine(clock=clock)
    sent = [(await engine.client.get("/workflow", headers=shown(f"guess-{n}"))).status_code for n in range(MOST + 1)]
    assert sent == [401] * MOST + [429]
    refused = await engine.client.post("/run", json={}, headers=shown("guess"))
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 61
    assert (await engine.client.post("/run", json={}, headers=shown(TEXT["run"]))).status_code == 200
    assert await logged_in(engine, "read")
    assert (await engine.client.get("/workflow")).status_code == 401
    clock.now += 61
    assert (await engine.client.post("/run", json={}, headers=shown("guess"))).status_code == 401


async def test_a_wrong_token_on_the_short_way_counts_once(open_engine: Any) -> None:
    engine = await open_engine()
    sent = [(await engine.client.post("/run", json={}, headers=shown("guess"))).status_code for _ in range(MOST + 1)]
    assert sent == [401] * MOST + [429]


@pytest.mark.parametrize(("path", "headers"), [("/health", {}), ("/", HTML), ("/runs", HTML)])
async def test_wrong_tokens_are_counted_wherever_the_answer_tells_them_from_right_ones(
    guarded: Any, path: str, headers: dict[str, str]
) -> None:
    for number in range(MOST):
        await guarded.client.get(path, headers={**headers, **shown(f"guess-{number}")})
    assert (await guarded.client.get("/workflow", headers=shown("guess"))).status_code == 429


async def test_a_browser_is_led_to_the_login_and_back(guarded: Any) -> None:
    answer = await guarded.client.get("/runs/0a1b?node=x&tab=logs", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "../login?next=runs%2F0a1b%3Fnode%3Dx%26tab%3Dlogs",
    )
    assert (await guarded.client.get("/", headers=HTML)).headers["location"] == "./login"
    assert (await guarded.client.get("/runs/", headers=HTML)).headers["location"].startswith("../login?")
    assert (await guarded.client.get("/runs", headers={"accept": "application/json"})).status_code == 401
    form = await guarded.client.get("/login?next=runs%2F0a1b%3Fnode%3Dx%26tab%3Dlogs")
    assert form.status_code == 200
    assert 'name="next" value="runs/0a1b?node=x&amp;tab=logs"' in form.text
    entered = await guarded.client.post(
        "/login",
        data={"token": TEXT["read"], "next": "runs/0a1b?node=x&tab=logs"},
        headers={"sec-fetch-site": "same-origin"},
    )
    assert (entered.status_code, entered.headers["location"]) == (303, "./runs/0a1b?node=x&tab=logs")


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example.com",
        "//evil.example.com",
        "/\\evil.example.com",
        "/runs",
        "javascript:alert(1)",
        "runs/../../x",
        "runs\r\nX-Evil: 1",
        "runs?a=\x00",
        "login",
        "static/x",
    ],
)
async def test_the_login_leads_to_places_of_the_page_alone(guarded: Any, place: str) -> None:
    entered = await guarded.client.post(
        "/login", data={"token": TEXT["read"], "next": place}, headers={"sec-fetch-site": "same-origin"}
    )
    assert (entered.status_code, entered.headers["location"]) == (303, "./")
    form = await guarded.client.get("/login", params={"next": place})
    assert 'name="next" value=""' in form.text


async def test_a_wrong_token_in_the_form_is_said_there(guarded: Any) -> None:
    answer = await guarded.client.post(
        "/login", data={"token": "no-such-token", "next": "runs"}, headers={"sec-fetch-site": "same-origin"}
    )
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert "set-cookie" not in answer.headers
    assert "does not know that token" in answer.text
    assert "no-such-token" not in answer.text
    assert 'value="runs"' in answer.text
    large = await guarded.client.post(
        "/login", content=b"token=" + b"x" * 100_000, headers={"sec-fetch-site": "same-origin"}
    )
    assert large.status_code == 413


async def test_the_cookie_is_of_this_site_no_scripts_and_of_its_own_path(guarded: Any) -> None:
    for proto, ending in (("http", ""), ("https", "; Secure")):
        host = f"127.0.0.1:{guarded.port}"
        answer = await guarded.client.post(
            "/login",
            data={"token": TEXT["read"]},
            headers={"origin": f"{proto}://{host}", "x-forwarded-proto": proto},
        )
        cookie = answer.headers["set-cookie"]
        assert cookie.partition("; ")[2] == f"Max-Age={LIFETIME_S}; HttpOnly; SameSite=Strict{ending}"
        assert TEXT["read"] not in cookie


async def test_a_login_reads_and_changes_only_what_the_page_itself_asks(guarded: Any) -> None:
    cookie = {"cookie": f"other=1; {await logged_in(guarded, 'run')}"}
    assert (await guarded.client.get("/workflow", headers=cookie)).status_code == 200
    assert (await guarded.client.get("/", headers=cookie | HTML)).status_code == 200
    origin = {"origin": f"http://127.0.0.1:{guarded.port}"}
    for headers, expected in (
        ({}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"origin": "http://evil.example.com"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        (origin, 200),
    ):
        for method in ("POST", "GET"):
            answer = await guarded.client.request(method, "/run", headers=cookie | headers)
            assert answer.status_code == expected, (method, headers)
    assert len(guarded.twin.inputs) == 4


async def test_forms_from_elsewhere_log_nobody_in_or_out(guarded: Any) -> None:
    cookie = await logged_in(guarded, "run")
    for path in ("/login", "/logout"):
        for headers in ({}, {"sec-fetch-site": "cross-site"}, {"origin": "http://evil.example.com"}):
            answer = await guarded.client.post(
                path, data={"token": TEXT["read"]}, headers={"cookie": cookie, **headers}
            )
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers
    assert (await guarded.client.get("/workflow", headers={"cookie": cookie})).status_code == 200


async def test_logging_out_ends_the_login_here_too(guarded: Any) -> None:
    cookie = await logged_in(guarded, "run")
    answer = await guarded.client.post("/logout", headers={"cookie": cookie, "sec-fetch-site": "same-origin"})
    assert (answer.status_code, answer.headers["location"]) == (303, "./login")
    assert answer.headers["set-cookie"].startswith(f"{COOKIE}=; Max-Age=0;")
    assert (await guarded.client.get("/workflow", headers={"cookie": cookie})).status_code == 401


async def test_a_login_ends_with_its_time_and_with_its_token(open_engine: Any) -> None:
    clock, tokens = Clock(), [TOKENS]
    engine = await open_engine(lambda: tokens[0], clock=clock)
    old = {"cookie": await logged_in(engine, "run")}
    clock.now += LIFETIME_S
    assert (await engine.client.get("/workflow", headers=old)).status_code == 401
    new = {"cookie": await logged_in(engine, "run")}
    assert (await engine.client.get("/workflow", headers=new)).status_code == 200
    tokens[0] = TOKENS[:1]
    assert (await engine.client.get("/workflow", headers=new)).status_code == 401


async def test_a_login_has_the_scope_that_its_token_has_now(open_engine: Any) -> None:
    tokens = [TOKENS]
    engine = await open_engine(lambda: tokens[0])
    headers = {"cookie": await logged_in(engine, "run"), "sec-fetch-site": "same-origin"}
    assert (await engine.client.post("/run", headers=headers)).status_code == 200
    tokens[0] = (Token("runner", "read", TOKENS[1].digest),)
    assert (await engine.client.post("/run", headers=headers)).status_code == 403


async def test_the_page_has_no_button_for_what_the_login_may_not(guarded: Any) -> None:
    pages = {}
    for scope in SCOPES:
        pages[scope] = (await guarded.client.get("/", headers=HTML | shown(TEXT[scope]))).text
    assert ['id="run"' in pages[scope] for scope in SCOPES] == [False, True, True]
    assert all('action="./logout"' in page for page in pages.values())
    assert all("$PIPEDREAMER_TOKEN" in page for page in pages.values())


async def test_the_short_way_asks_for_the_token_too(guarded: Any, engine: Any) -> None:
    pairs = [(b"host", b"localhost"), (b"content-length", b"2"), (b"pipedreamer-token", TEXT["run"].encode())]
    assert engine.app.admits(pairs[:2], dict(pairs[:2]))
    assert guarded.app.admits(pairs, dict(pairs))
    assert not guarded.app.admits(pairs[:2], dict(pairs[:2]))
