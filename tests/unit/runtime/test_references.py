"""Secrets in kept values: references stand for them, and only the record's own."""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.errors import MissingSecretError
from pipedreamer.runtime.mask import Mask
from pipedreamer.runtime.references import References

SECRETS = {"github": {"token": 'ghp_"quoted"/ä+x'}, "pin": 12345678, "list": ["first-secret"]}
SEAL = "5ea15ea15ea15ea1"


def references(secrets: dict[str, Any] | None = None) -> References:
    given = SECRETS if secrets is None else secrets
    return References(SEAL, given, Mask(given))


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


TOKEN: str = SECRETS["github"]["token"]  # type: ignore[index]


@pytest.mark.parametrize(
    "value",
    [
        TOKEN,
        {"header": f"Bearer {TOKEN}", "other": 1},
        {TOKEN: ["a", TOKEN + TOKEN]},
        12345678,
        [12345678, {"pin": "the pin is 12345678."}],
        base64.b64encode(TOKEN.encode()).decode(),
        f"https://x/?t={quote(TOKEN, safe='')}&u=first-secret",
        json.dumps({"inside": TOKEN}),
        "first-secret",
    ],
)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    kept = references().hide(as_json(value))
    assert Mask(SECRETS).json(kept) == kept
    assert b"***" not in kept
    assert json.loads(references().restore(kept)) == value


def test_what_holds_no_secret_is_the_very_object() -> None:
    data = as_json({"a": [1, "text"]})
    assert references().hide(data) is data
    assert references().restore(data) is data
    assert references().masked(data) is data
    assert references({}).hide(data) is data


def test_people_see_stars() -> None:
    kept = references().hide(as_json({"h": f"Bearer {TOKEN}", "n": 12345678}))
    assert json.loads(references().masked(kept)) == {"h": "Bearer ***", "n": "***"}


def test_after_a_rotation_the_new_value_comes_back_and_old_values_are_still_hidden() -> None:
    old = references()
    kept = old.hide(as_json({"h": f"Bearer {TOKEN}", "b": base64.b64encode(TOKEN.encode()).decode()}))
    newer = SECRETS | {"github": {"token": "a-new-token"}}
    new = old.with_secrets(newer, Mask(SECRETS).with_secrets(newer))
    restored = json.loads(new.restore(kept))
    assert restored == {"h": "Bearer a-new-token", "b": base64.b64encode(b"a-new-token").decode()}
    late = new.hide(as_json(f"still {TOKEN}"))
    assert json.loads(new.restore(late)) == "still a-new-token"


def test_a_secret_that_is_gone_is_named() -> None:
    kept = references().hide(as_json(TOKEN))
    with pytest.raises(MissingSecretError, match=r"the secret github\.token, which is not there any more"):
        references({"pin": 12345678}).restore(kept)


def test_a_node_cannot_write_a_reference() -> None:
    forged = as_json("⟦0000000000000000:github.token:0⟧")
    assert references().restore(forged) == forged


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([TOKEN, "first-secret", 12345678]),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just(TOKEN), inner),
        max_leaves=20,
    )
)
def test_any_value_comes_back_and_shows_nothing(value: Any) -> None:
    kept = references().hide(as_json(value))
    assert Mask(SECRETS).json(kept) == kept
    if b"***" not in kept:
        assert json.loads(references().restore(kept)) == value
