"""Which variables are lent to nodes that ask while they are watched."""

import pytest

from pipedreamer.runtime.observing.variables import lent


@pytest.mark.parametrize("name", ["TZ", "LANG", "REGION", "HOME", "PWD", "APP_MODE", "HTTPS_PROXY"])
def test_what_looks_like_no_secret_is_lent(name: str) -> None:
    assert lent({name: "x"}) == {name: "x"}


@pytest.mark.parametrize(
    "name",
    ["API_TOKEN", "GITHUB_PAT", "DB_PASSWORD", "PGPASSFILE", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "SENTRY_DSN",
     "auth", "SSH_AUTH_SOCK", "SLACK_WEBHOOK", "session", "OLDPWD"],
)  # fmt: skip
def test_what_looks_like_a_secret_is_not(name: str) -> None:
    assert lent({name: "x"}) == {}


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PYTHONPATH", "GLIBC_TUNABLES", "PIPEDREAMER_DEBUG", "a-b"])
def test_what_can_never_be_granted_is_not(name: str) -> None:
    assert lent({name: "x"}) == {}


def test_a_login_in_a_value_is_a_secret_whatever_the_name() -> None:
    assert lent({"PROXY": "http://ada:pw@proxy:3128", "PLAIN": "http://proxy:3128"}) == {"PLAIN": "http://proxy:3128"}
