"""The body of a re-run."""

import pytest

from pipedreamer.engine.history.rerun import read_rerun


@pytest.mark.parametrize("body", [b"", b" \n", b"{}", b'{"from": null}'])
def test_without_a_wish_the_whole_run_is_repeated(body: bytes) -> None:
    wish = read_rerun(body)
    assert (wish.chosen, wish.given) == (None, None)


def test_nodes_are_chosen() -> None:
    assert read_rerun(b'{"from": []}').chosen == ()
    assert read_rerun(b'{"from": ["a", "b"]}').chosen == ("a", "b")


@pytest.mark.parametrize("given", [b"null", b"18446744073709551615", b"1.00000000000000000001", b'{"a": [1e2]}'])
def test_another_input_stays_the_text_that_it_was(given: bytes) -> None:
    assert read_rerun(b'{"input": ' + given + b"}").given == given


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"no", "the body is not JSON: "),
        (b"[1]", "Expected `object`"),
        (b'"{}"', "Expected `object`"),
        (b'{"from": "a"}', r"at `\$.from`"),
        (b'{"from": [1]}', r"at `\$.from\[0\]`"),
        (b'{"imput": 1}', "unknown field `imput`"),
        (b'{"input": 123456789012345678901}', "beyond 64 bits; send it as text"),
        (b'{"input": NaN}', "not JSON"),
        (b'{"input": "\xff"}', "not JSON"),
        (b'{"input": ' + b"[" * 1020 + b"]" * 1020 + b"}", "nests too deep"),
    ],
)
def test_what_is_no_wish_is_refused_in_words(body: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        read_rerun(body)
    assert '{"from": ["node", ...], "input": ...}' in str(refused.value)
