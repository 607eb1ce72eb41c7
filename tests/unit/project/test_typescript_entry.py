import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.project.typescript_entry import check_typescript


def exports(source: str) -> bool:
    return check_typescript(source, "n.ts") is None


@pytest.mark.parametrize(
    "source",
    [
        "export default async function run(ctx: Context, input: unknown) {}",
        "export  /* why */\n default (ctx, input) => input",
        "const run = async () => {};\nexport { run as default };",
        "export { helper, run as default } from './a.ts'",
        "export { default } from './a.ts'",
        "export { default, other } from './a.ts'",
        "const q = '\"'; export default q",
        "const r = /[\"'`/]/; export default r",
        "const half = total / 2; const b = c / d; export default half",
        "const t = `a ${b + `c ${d}` } e`; export default t",
        "const t = `${ {a: 1}.a }`; export default t",
        "#!/usr/bin/env deno\nexport default 1",
        "const url = 'http://x'; export default url",
        "if (x) /'/.test(x)\nexport default 1",
    ],
)
def test_a_default_export_is_seen(source: str) -> None:
    assert exports(source)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "export async function run() {}",
        "// export default x",
        "/* export default x */",
        "const s = 'export default x'",
        'const s = "export default x"',
        "const s = `export default x`",
        "const s = `a ${'b'} export default x`",
        "const s = /export default/",
        "export { default as run } from './a.ts'",
        "export const exported = 1; const defaults = 2",
        "module.export default",
        "/* never closed export default",
    ],
)
def test_what_only_looks_like_one_is_not(source: str) -> None:
    assert not exports(source)


@given(st.text(alphabet="export default{}`'\"/*$\\\n ,as", max_size=200))
def test_any_text_gets_an_answer(source: str) -> None:
    check_typescript(source, "n.ts")


def test_a_megabyte_of_open_lists_is_looked_at_once() -> None:
    assert not exports("export { a " * 100_000)
