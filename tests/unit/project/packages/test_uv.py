import os
from pathlib import Path

import pytest

from pipedreamer.errors import PackageError
from pipedreamer.project.packages.uv import explain, find_uv, uv_environment


def test_uv_is_found_beside_this_python() -> None:
    assert os.access(find_uv(), os.X_OK)


def test_without_uv_the_extra_is_named() -> None:
    with pytest.raises(PackageError, match=r"pip install 'pipedreamer\[packages\]'"):
        find_uv([None, "/nowhere/uv"])


def test_what_would_send_uv_elsewhere_is_dropped_and_index_settings_stay() -> None:
    person = {
        "UV_PYTHON": "3.9",
        "VIRTUAL_ENV": "/x",
        "UV_DEFAULT_INDEX": "a",
        "UV_INDEX_INNER_PASSWORD": "b",
        "HOME": "/",
    }
    assert uv_environment(person) == {"UV_DEFAULT_INDEX": "a", "UV_INDEX_INNER_PASSWORD": "b", "HOME": "/"}


def test_pip_s_index_settings_reach_uv(tmp_path: Path) -> None:
    person = {
        "PIP_INDEX_URL": "i",
        "PIP_EXTRA_INDEX_URL": "e",
        "PIP_TRUSTED_HOST": "h",
        "PIP_CERT": "c",
        "PIP_FIND_LINKS": f"{tmp_path} /nowhere http://127.0.0.1/links",
    }
    settings = uv_environment(person)
    assert {name: value for name, value in settings.items() if name not in person} == {
        "UV_DEFAULT_INDEX": "i",
        "UV_EXTRA_INDEX_URL": "e",
        "UV_INSECURE_HOST": "h",
        "SSL_CERT_FILE": "c",
        "UV_FIND_LINKS": f"{tmp_path},http://127.0.0.1/links",
    }


def test_uv_s_own_settings_go_before_pip_s() -> None:
    settings = uv_environment({"PIP_INDEX_URL": "pip", "UV_INDEX_URL": "uv", "PIP_CERT": "pip", "SSL_CERT_FILE": "own"})
    assert "UV_DEFAULT_INDEX" not in settings
    assert settings["SSL_CERT_FILE"] == "own"


def test_an_error_of_uv_is_one_line_without_credentials() -> None:
    text = "error: Request failed\n  cause: Failed to fetch: https://user:word@index.example/simple/\n"
    assert explain(text) == (
        "the package index cannot be reached: check the network, the proxy, or UV_DEFAULT_INDEX "
        "(uv: Request failed; Failed to fetch: https://***@index.example/simple/)"
    )


def test_an_error_that_nobody_knows_is_told_in_uv_s_words_and_shortened() -> None:
    assert explain("error: it broke\n") == "it broke"
    assert explain("") == "uv said nothing"
    assert len(explain("x" * 5_000)) == 603
