import errno
import os
from pathlib import Path

import pytest

from pipedreamer.project.reading import UnreadableError, read_file, read_text, reason


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_file(tmp_path / "a", 5) == b"12345"
    with pytest.raises(UnreadableError, match="is larger than"):
        read_file(tmp_path / "a", 4)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfx")
    assert read_text(tmp_path / "a") == "x"


def test_what_is_not_utf8_says_where(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"ab\xff")
    with pytest.raises(UnreadableError, match=r"is not UTF-8 text \(byte 3\)"):
        read_text(tmp_path / "a")


def test_a_device_is_not_opened() -> None:
    with pytest.raises(UnreadableError, match="is not a regular file"):
        read_file(Path(os.devnull))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EACCES, "x"), "may not be read by this user (see its permissions)"),
        (OSError(errno.ENOENT, "x"), "does not exist"),
        (OSError(errno.EIO, "Input/output error"), "cannot be read (input/output error)"),
        (ValueError("embedded null byte"), "is not a name that a file can have"),
    ],
)
def test_the_system_s_no_is_told_in_words(error: OSError | ValueError, said: str) -> None:
    assert reason(error) == said
