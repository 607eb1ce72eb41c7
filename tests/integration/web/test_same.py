"""What Python draws first and JavaScript draws later is the same."""

from typing import Any

from tests.integration.web import samples
from tests.unit.web import data

from pipedreamer.web import Site, words
from pipedreamer.web.states import STATES
from pipedreamer.web.timeline import rows

MODULE = (
    "async ([name, call, values]) => { const all = await import(name); return values.map(one => all[call](...one)) }"
)


def called(page: Any, module: str, call: str, *values: list[Any]) -> Any:
    folder = page.evaluate("() => document.querySelector('script').src.replace(/[^/]*$/, '')")
    return page.evaluate(MODULE, [f"{folder}{module}", call, list(values)])


def test_words(served: Any, visit: Any) -> None:
    page = visit(served.address)
    times = [0, 1, 999, 1000, 2449, 9999, 10_000, 59_999, 60_000, 200_000, 3_599_999, 3_600_000, 86_400_000, 9**12]
    assert called(page, "words.js", "duration", *([ms] for ms in times)) == [words.duration(ms) for ms in times]
    sizes = [0, 1023, 1024, 3482, 10 * 2**20, 2**31, 2**50]
    assert called(page, "words.js", "size", *([count] for count in sizes)) == [words.size(count) for count in sizes]
    moments = [0, 1_767_225_600_123, 10**18]
    assert called(page, "words.js", "exact", *([ms] for ms in moments)) == [words.exact(ms) for ms in moments]
    named = called(page, "view.js", "word", *([state] for state in STATES))
    assert named == [word for word, _ in STATES.values()]
    assert called(page, "view.js", "shape", *([state] for state in STATES)) == [sign for _, sign in STATES.values()]


def test_timelines(served: Any, visit: Any) -> None:
    page = visit(served.address)
    parents = {node["id"]: node["parents"] for node in served.twin.workflow["nodes"]}
    for make in (samples.succeeded, samples.failed, samples.cancelled, samples.running):
        run = make(served.twin)
        now = run["startedAt"] + 3000
        end = run["endedAt"] or now
        ours = [
            (
                row.node["id"],
                [bar.kind for bar in row.bars],
                [round(bar.x * (end - run["startedAt"]) / 100) for bar in row.bars],
                row.line is not None,
                row.took,
            )
            for row in rows(run, parents, now)
        ]
        drawn = page.evaluate(
            """async ([folder, run, parents, end]) => (await import(`${folder}timeline.js`))
                .rows(run, new Map(Object.entries(parents)), end).map(({ node, bars, critical, took }) =>
                  [node.id, bars.map(bar => bar.kind), bars.map(bar => bar.from - run.startedAt), critical, took])""",
            [page.evaluate("() => document.querySelector('script').src.replace(/[^/]*$/, '')"), run, parents, end],
        )
        assert [tuple(row) for row in drawn] == ours


def test_a_value_to_begin_with(served: Any, visit: Any) -> None:
    schema = samples.SCHEMA
    page = visit(served.address)
    (started,) = called(page, "schema.js", "start", [schema, schema])
    given = {"workflow": data.workflow(inputSchema=schema), "runs": {"runs": [], "next": None}}
    assert started == {"order": 1, "customer": {"name": ""}, "urgent": False, "route": "road"}
    html = Site().page("workflow", given, "./", data.NOW).decode().replace("&#34;", '"').replace("&#39;", "'")
    assert """-d '{"order":1,"customer":{"name":""},"urgent":false,"route":"road"}' """ in html
