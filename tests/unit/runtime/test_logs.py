"""Log lines as a person reads them."""

import io

from pipedreamer.runtime.logs import ConsoleLog, NodeLine


def test_a_terminal_is_told_nothing_by_a_node() -> None:
    out, err = io.StringIO(), io.StringIO()
    ConsoleLog(out, err)(NodeLine(0.0, "info", "n", "\x1b[31mred\x07\r\x9b1m\tnext\nline é"))
    assert out.getvalue() == "[n] INFO \\x1b[31mred\\x07\\x0d\\x9b1m\tnext\nline é\n"
    assert err.getvalue() == ""
