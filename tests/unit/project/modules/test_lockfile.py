import json
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.errors import PackageError
from pipedreamer.project.modules.lockfile import Lock, read_lock, release_of
from pipedreamer.project.modules.pruning import pruned

JSR = "https://jsr.io/"


def test_a_folder_without_a_lock_has_none(tmp_path: Path) -> None:
    assert read_lock(tmp_path) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "this is not JSON"), ("[1]", "this is no lock of Deno's"), (b"\xff", "this file is not UTF-8 text")],
)
def test_what_is_no_lock_says_what_to_type(tmp_path: Path, content: str | bytes, said: str) -> None:
    (tmp_path / "deno.lock").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(PackageError, match=rf"deno\.lock: {said}.*: run `pipedreamer lock`"):
        read_lock(tmp_path)


def test_addresses_of_archives_are_not_read(tmp_path: Path) -> None:
    package = {"integrity": "sha512-x", "dependencies": ["b"], "tarball": "https://mirror.example/a.tgz"}
    (tmp_path / "deno.lock").write_text(json.dumps({"version": "5", "npm": {"a@1.0.0": package}}))
    lock = read_lock(tmp_path)
    assert lock is not None
    assert lock.part("npm") == {"a@1.0.0": {"integrity": "sha512-x", "dependencies": ["b"]}}
    assert "mirror" not in lock.text


def test_people_are_told_packages_with_versions_and_releases_of_modules() -> None:
    lock = Lock(
        {
            "npm": {
                name: {}
                for name in ["string_decoder@1.3.0", "@s_c/a_b@1.2.3_react@18.2.0__x@1", "@s_c/a_b@1.2.3_react@19.0.0"]
            },
            "jsr": {"@std/yaml@1.0.5": {}},
            "remote": dict.fromkeys([f"https://deno.land/std@0.224.0/{name}.ts" for name in "ab"] + ["https://x/y.ts"]),
        }
    )
    assert lock.packages == (
        "npm:string_decoder@1.3.0",
        "npm:@s_c/a_b@1.2.3",
        "jsr:@std/yaml@1.0.5",
        "https://deno.land/std@0.224.0",
        "https://x/y.ts",
    )


@pytest.mark.parametrize(
    ("address", "release"),
    [
        ("https://deno.land/std@0.224.0/yaml/mod.ts", "https://deno.land/std@0.224.0"),
        ("https://deno.land/x/postgres@v0.19.5/mod.ts", "https://deno.land/x/postgres@v0.19.5"),
        ("https://jsr.io/@std/yaml/1.0.5/mod.ts", "https://jsr.io/@std/yaml/1.0.5"),
        ("https://esm.sh/@preact/signals@1.2.0/mod.ts", "https://esm.sh/@preact/signals@1.2.0"),
        ("http://127.0.0.1:80/lib@1/mod.ts", "http://127.0.0.1:80/lib@1"),
        ("https://esm.sh/zod@3.22.4", ""),
        ("https://example.com/mod.ts", ""),
        ("npm:zod@3", ""),
    ],
)
def test_a_release_is_the_part_of_an_address_up_to_its_version(address: str, release: str) -> None:
    assert release_of(address) == release


def graph(*modules: dict[str, Any], npm: dict[str, list[str]] | None = None, **redirects: str) -> dict[str, Any]:
    packages = {name: {"dependencies": needed} for name, needed in (npm or {}).items()}
    return {"modules": modules, "npmPackages": packages, "redirects": redirects}


def test_a_lock_keeps_what_is_reached_and_no_more() -> None:
    lock = Lock(
        {
            "version": "5",
            "specifiers": {
                "npm:a@1": "1.0.0_p@2.0.0",
                "npm:a@0": "0.9.0",
                "npm:gone@*": "1.0.0",
                "jsr:@s/x@1": "1.0.0",
            },
            "npm": {name: {} for name in ["a@1.0.0_p@2.0.0", "a@0.9.0", "p@2.0.0", "gone@1.0.0", "needs-gone@1.0.0"]},
            "jsr": {"@s/x@1.0.0": {}, "@s/x@1.0.01": {}, "@s/y@1.0.0": {}},
            "remote": {"https://x/a.ts": "1", "https://x/b.ts": "2"},
            "redirects": {"https://x/old": "https://x/a.ts", "https://x/older": "https://x/b.ts"},
            "workspace": {"dependencies": ["npm:gone"]},
        }
    )
    reached = graph(
        {"specifier": "npm:/a@1.0.0", "npmPackage": "a@1.0.0_p@2.0.0"},
        {"specifier": "https://jsr.io/@s/x/1.0.0/mod.ts"},
        {"specifier": "https://x/a.ts"},
        npm={"a@1.0.0_p@2.0.0": ["p@2.0.0"], "p@2.0.0": ["a@1.0.0_p@2.0.0"], "needs-gone@1.0.0": ["gone@1.0.0"]},
        **{"https://x/old": "https://x/a.ts"},
    )
    assert pruned(lock, reached, JSR).content == {
        "version": "5",
        "specifiers": {"npm:a@1": "1.0.0_p@2.0.0", "jsr:@s/x@1": "1.0.0"},
        "npm": {"a@1.0.0_p@2.0.0": {}, "p@2.0.0": {}},
        "jsr": {"@s/x@1.0.0": {}},
        "remote": {"https://x/a.ts": "1"},
        "redirects": {"https://x/old": "https://x/a.ts"},
        "workspace": {"dependencies": ["npm:gone"]},
    }
    assert pruned(lock, graph(), JSR).content == {"version": "5", "workspace": {"dependencies": ["npm:gone"]}}
