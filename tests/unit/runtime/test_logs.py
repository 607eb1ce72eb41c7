"""Log lines as a person reads them."""

import io

from pipedreamer.runtime.logs import ConsoleLog, NodeLine


def test_a_terminal_is_told_nothing_by_a_node() -> None:
    out, err = io.StringIO(), io.StringIO()
    ConsoleLog(out, err)(NodeLine(0.0, "info", "n", "\x1b[31mred\x07\r\x9b1m\tnext é"))
    assert out.getvalue() == "[n] INFO \\x1b[31mred\\x07\\x0d\\x9b1m\tnext é\n"
    assert err.getvalue() == ""


def test_further_lines_of_a_message_cannot_be_taken_for_messages() -> None:
    out, err = io.StringIO(), io.StringIO()
    ConsoleLog(out, err)(NodeLine(0.0, "error", "n", "ValueError: no\n  nodes/n.py:3\n[other] ERROR made up"))
    assert err.getvalue() == "[n] ERROR ValueError: no\n    nodes/n.py:3\n  [other] ERROR made up\n"
