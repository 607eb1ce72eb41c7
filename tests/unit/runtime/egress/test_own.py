"""Which addresses lead back to this machine, asked of the kernel."""

import socket
from ipaddress import ip_address

import pytest

from pipedreamer.runtime.egress.own import is_of_this_machine, no_ports


def address_of_an_interface() -> str:
    """What this machine would send from; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))
        except OSError:  # no network but loopback
            return "127.0.0.1"
        return str(probe.getsockname()[0])


@pytest.mark.parametrize("address", ["127.0.0.1", "127.200.1.2", address_of_an_interface()])
def test_loopback_and_the_addresses_of_interfaces_are_this_machine(address: str) -> None:
    assert is_of_this_machine(ip_address(address))


@pytest.mark.parametrize("address", ["198.51.100.1", "140.82.112.3", "2606:4700::1111"])
def test_other_addresses_are_not(address: str) -> None:
    assert not is_of_this_machine(ip_address(address))


def test_what_does_not_listen_has_no_ports() -> None:
    assert list(no_ports()) == []
