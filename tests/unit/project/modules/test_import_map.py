from pathlib import Path

import pytest

from pipedreamer.errors import ProjectError
from pipedreamer.project.modules.import_map import TYPES, read_import_map

STD = "https://deno.land/std@0.224.0/"


def test_without_a_map_of_its_own_a_folder_has_the_names_of_the_first_generation(tmp_path: Path) -> None:
    imports = read_import_map(tmp_path).imports
    assert imports["pipedreamer"] == TYPES.as_uri()
    assert TYPES.is_file()
    names = ("std/", "@std/yaml", "@std/path", "@std/flags", "@std/assert", "@std/fmt/colors", "@std/io", "@std/bytes")
    assert {name: str(imports[name]).removeprefix(STD) for name in names} == {
        "std/": "",
        "@std/yaml": "yaml/mod.ts",
        "@std/path": "path/mod.ts",
        "@std/flags": "flags/mod.ts",
        "@std/assert": "assert/mod.ts",
        "@std/fmt/colors": "fmt/colors.ts",
        "@std/io": "io/mod.ts",
        "@std/bytes": "bytes/mod.ts",
    }


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("@std/cli/parse-args", "cli/parse_args.ts"),
        ("@std/cli/parse_args", "cli/parse_args.ts"),
        ("@std/front-matter", "front_matter/mod.ts"),
        ("@std/path/posix", "path/posix/mod.ts"),
        ("@std/path/posix/join-globs", "path/posix/join_globs.ts"),
        ("@std/yaml/schema", "yaml/schema/mod.ts"),
        ("@std/encoding/base64", "encoding/base64.ts"),
    ],
)
def test_every_module_of_that_standard_library_has_its_names(tmp_path: Path, name: str, file: str) -> None:
    assert read_import_map(tmp_path).imports[name] == STD + file


@pytest.mark.parametrize("file", ["deno.json", "deno.jsonc", "import_map.json"])
def test_the_folder_s_own_map_goes_before_ours(tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_text('{"imports": {"@std/yaml": "https://example.com/yaml.ts", "own": "npm:own@1"}}')
    found = read_import_map(tmp_path)
    assert found.imports["@std/yaml"] == "https://example.com/yaml.ts"
    assert found.imports["own"] == "npm:own@1"
    assert "@std/yaml" not in found.ours
    assert {"@std/path", "@std/yaml/parse", "pipedreamer"} <= found.ours


def test_a_package_that_is_mapped_whole_has_nothing_of_ours_below_it(tmp_path: Path) -> None:
    (tmp_path / "deno.json").write_text('{"imports": {"@std/fmt": "jsr:@std/fmt@1", "std/": "./std/"}}')
    found = read_import_map(tmp_path)
    named = {name: target for name, target in found.imports.items() if "std/fmt" in name}
    assert named == {"@std/fmt": "jsr:@std/fmt@1", "@std/fmt/": "jsr:/@std/fmt@1/"}
    assert found.imports["std/"] == (tmp_path / "std").as_uri() + "/"


def test_what_is_relative_becomes_absolute(tmp_path: Path) -> None:
    (tmp_path / "deno.json").write_text(
        """{
          "imports": {"lib/": "./my lib/", "./a.ts": "../b.ts", "zod": "npm:zod@^3", "zod/": "./zod/", "off": null},
          "scopes": {"./old/": {"zod": "npm:/zod@1", "up": "/etc/x.ts"}, "https://x/": {"zod": "./z.ts"}}
        }"""
    )
    found = read_import_map(tmp_path)
    here = tmp_path.as_uri()
    own = {name: target for name, target in found.imports.items() if name not in found.ours}
    assert own == {
        "lib/": f"{here}/my%20lib/",
        f"{here}/a.ts": f"{tmp_path.parent.as_uri()}/b.ts",
        "zod": "npm:zod@^3",
        "zod/": f"{here}/zod/",
        "off": None,
    }
    assert found.scopes == {
        f"{here}/old/": {"zod": "npm:/zod@1", "zod/": "npm:/zod@1/", "up": "file:///etc/x.ts"},
        "https://x/": {"zod": f"{here}/z.ts"},
    }
    assert found.document.keys() == {"imports", "scopes"}


def test_the_types_are_always_ours(tmp_path: Path) -> None:
    (tmp_path / "deno.json").write_text('{"imports": {"pipedreamer": "../engine/mod.ts"}}')
    assert read_import_map(tmp_path).imports["pipedreamer"] == TYPES.as_uri()


def test_a_map_that_is_named_elsewhere_is_read_from_there(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "imports.json").write_text('{"imports": {"lib/": "../lib/"}}')
    (tmp_path / "deno.json").write_text('{"importMap": "./maps/imports.json"}')
    assert read_import_map(tmp_path).imports["lib/"] == f"{tmp_path.as_uri()}/lib/"
    (tmp_path / "deno.json").write_text('{"importMap": "./maps/imports.json", "imports": {"lib/": "./own/"}}')
    assert read_import_map(tmp_path).imports["lib/"] == f"{tmp_path.as_uri()}/own/"


@pytest.mark.parametrize("named", ["https://example.com/map.json", "./gone.json", "../outside.json", "/etc/hosts"])
def test_a_map_outside_of_the_folder_is_refused(tmp_path: Path, named: str) -> None:
    root = tmp_path / "flow"
    root.mkdir()
    (tmp_path / "outside.json").write_text("{}")
    (root / "deno.json").write_text(f'{{\n  "importMap": "{named}"\n}}')
    with pytest.raises(
        ProjectError, match=r"deno\.json:2:3: error: importMap names .*no file of the workflow's folder"
    ):
        read_import_map(root)


def test_comments_and_commas_at_the_end_are_read_over(tmp_path: Path) -> None:
    (tmp_path / "deno.jsonc").write_text(
        '{ // "imports": {"a": "npm:wrong@1"}\n'
        '\t"imports": {\n\t\t"a": "npm:a@1", /* "b": "npm:b@1",\n */\n\t\t"c//": "https://x/\\"//y/", }, }\n'
    )
    found = read_import_map(tmp_path)
    own = {name: target for name, target in found.imports.items() if name not in found.ours}
    assert own == {"a": "npm:a@1", "a/": "npm:/a@1/", "c//": 'https://x/"//y/'}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"imports": [', r"deno\.json:\d:\d+: error: a value is missing"),
        ("[]", r"deno\.json:1:1: error: this file holds no mapping"),
        ('{\n  "imports": ["zod"]\n}', r"deno\.json:2:3: error: imports is a mapping of names"),
        ('{"imports": {\n "zod": {}}}', r"deno\.json:2:2: error: the target of an import is text"),
        ('{"scopes": {"./x/": "y"}}', r"deno\.json:1:13: error: scopes is a mapping of names"),
    ],
)
def test_a_map_that_cannot_be_read_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "deno.json").write_text(text)
    with pytest.raises(ProjectError, match=said):
        read_import_map(tmp_path)
