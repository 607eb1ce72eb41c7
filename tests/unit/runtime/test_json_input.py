"""JSON from outside arrives as it was sent, or not at all."""

import pytest

from pipedreamer.runtime.json_input import parse_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": [1, 2.5, null, "x"]}', {"a": [1, 2.5, None, "x"]}),
        (b"18446744073709551615", 2**64 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b'"123456789012345678901234567890"', "123456789012345678901234567890"),
        (b"0.12345678901234567890123", 0.12345678901234567890123),
        (b"12345678901234567890123e-3", 12345678901234567890123e-3),
    ],
)
def test_what_64_bits_hold_is_read(text: bytes, value: object) -> None:
    assert parse_json(text) == value


@pytest.mark.parametrize("text", [b"18446744073709551616", b"[-9223372036854775809]", b"9" * 300])
def test_a_whole_number_beyond_64_bits_is_refused_with_the_remedy(text: bytes) -> None:
    with pytest.raises(ValueError, match="is beyond 64 bits; send it as text"):
        parse_json(text)


def test_what_nests_too_deep_to_be_checked_is_refused() -> None:
    with pytest.raises(ValueError, match="nests too deep"):
        parse_json(b"[" * 1020 + b"1" * 19 + b"]" * 1020)


@pytest.mark.parametrize("text", [b"", b"{", b"NaN", b'"\xff"'])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)
