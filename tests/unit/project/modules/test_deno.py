from pathlib import Path

import pytest

from pipedreamer.errors import PackageError
from pipedreamer.project.modules.deno import deno_environment, deno_version, explain, find_deno, run_deno


def test_deno_is_the_one_of_the_extra(tmp_path: Path) -> None:
    said = run_deno(["--version"], tmp_path / "deno")
    assert said.startswith(f"deno {deno_version()} ")
    assert find_deno().name == "deno"


def test_without_deno_the_extra_is_named(without_deno: None) -> None:
    with pytest.raises(PackageError, match=r"TypeScript nodes need Deno: pip install 'pipedreamer\[typescript\]'"):
        find_deno()


def test_what_would_send_deno_elsewhere_is_dropped_and_registries_stay() -> None:
    kept = {"NPM_CONFIG_REGISTRY": "http://x", "HTTPS_PROXY": "http://y", "HOME": "/h", "DENO_AUTH_TOKENS": "t@h"}
    dropped = ("DENO_DIR", "DENO_CONDITIONS", "DENO_V8_FLAGS", "NODE_OPTIONS", "NODE_PATH", "DENO_UNSTABLE_BYONM")
    made = deno_environment({**kept, **dict.fromkeys(dropped, "x"), "NODE_EXTRA_CA_CERTS": "/c"})
    assert kept.items() <= made.items()
    assert made["NODE_EXTRA_CA_CERTS"] == "/c"
    assert not set(dropped) & made.keys()
    assert made["DENO_NO_PACKAGE_JSON"] == "1"


def test_an_error_of_deno_is_one_line_without_credentials_and_progress() -> None:
    said = """Download https://user:pass-word@registry.example/x
error: Failed caching npm package 'x@1.0.0'

Caused by:
    0: error sending request for url (https://user:pass-word@registry.example/x)

Stack backtrace:
   0: <unknown>
"""
    assert explain(said) == (
        "Failed caching npm package 'x@1.0.0'; 0: error sending request for url (https://***@registry.example/x)"
    )
    assert explain("") == "Deno said nothing"
    assert len(explain("x" * 5000)) < 700
