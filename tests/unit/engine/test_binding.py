"""Where the engine listens, and why it cannot."""

import socket

import pytest

from pipedreamer.engine.binding import bind
from pipedreamer.errors import BindError, UsageError


def test_port_0_is_a_free_port() -> None:
    with bind("127.0.0.1", 0) as one, bind("127.0.0.1", 0) as other:
        assert one.getsockname()[1] != other.getsockname()[1]
        with socket.create_connection(one.getsockname()):
            pass  # it listens already


def test_a_port_in_use_is_one_line_with_the_port_and_a_remedy() -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BindError) as error:
            bind("127.0.0.1", port)
    assert str(error.value) == (
        f"port {port} on 127.0.0.1 is in use; stop what listens there or choose another one with --port"
    )
    assert error.value.exit_code == 1


def test_a_port_that_was_just_left_can_be_taken_again() -> None:
    with bind("127.0.0.1", 0) as first:
        address = first.getsockname()
        with socket.create_connection(address), first.accept()[0]:
            pass
    bind(*address).close()


def test_a_host_that_is_not_known_or_not_here_says_so() -> None:
    with pytest.raises(BindError, match=r"host 'no-such-host\.invalid' is not known here .*--host"):
        bind("no-such-host.invalid", 0)
    with pytest.raises(BindError, match=r"203\.0\.113\.9 is not an address of this machine.*--host"):
        bind("203.0.113.9", 0)
    with pytest.raises(BindError, match="--host"):
        bind("a" * 100, 0)


@pytest.mark.parametrize("port", [-1, 65536])
def test_what_is_no_port_is_wrong_use(port: int) -> None:
    with pytest.raises(UsageError, match="--port"):
        bind("127.0.0.1", port)


def test_localhost_is_taken_as_ipv4_where_it_is_both() -> None:
    with bind("localhost", 0) as listener:
        assert listener.family == socket.AF_INET


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_ipv6_addresses_are_taken_and_the_wildcard_takes_ipv4_too() -> None:
    with bind("::1", 0) as listener:
        assert listener.getsockname()[0] == "::1"
    with bind("::", 0) as listener, socket.create_connection(("127.0.0.1", listener.getsockname()[1])):
        pass
