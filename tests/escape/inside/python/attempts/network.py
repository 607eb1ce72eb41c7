"""Getting a byte out, to listeners that the test has set up; what arrives counts."""

import ctypes
import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from .perform import marked
from .raw import any_of, did

_LOCAL, _LOCAL6 = "127.0.0.1", "::1"
_FASTOPEN, _FASTOPEN_CONNECT = 0x20000000, 30


def _tcp(family: int = socket.AF_INET, protocol: int = 0) -> socket.socket:
    return socket.socket(family, socket.SOCK_STREAM, protocol)


def tcp(world: Any) -> None:
    with _tcp() as out:
        out.connect((_LOCAL, world.tcp))
        out.send(world.word)


def tcp_of_ipv6(world: Any) -> None:
    with _tcp(socket.AF_INET6) as out:
        out.connect((_LOCAL6, world.tcp6))


def tcp_of_ipv6_to_ipv4(world: Any) -> None:
    with _tcp(socket.AF_INET6) as out:
        out.connect(("::ffff:127.0.0.1", world.tcp))


def tcp_to_any_address(world: Any) -> None:
    """0.0.0.0 means this machine."""
    with _tcp() as out:
        out.connect(("0.0.0.0", world.tcp))


def tcp_without_waiting(world: Any) -> None:
    with _tcp() as out:
        out.setblocking(False)
        out.connect_ex((_LOCAL, world.tcp))


def tcp_again_after_a_refusal(world: Any) -> None:
    with _tcp() as out:
        for port in (world.tcp + 1, world.tcp):
            out.connect_ex((_LOCAL, port))


def tcp_after_unconnecting(world: Any) -> None:
    """AF_UNSPEC makes a connected socket an unconnected one, which then goes elsewhere."""
    with _tcp() as out:
        out.connect_ex((_LOCAL, world.tcp + 1))
        room = ctypes.create_string_buffer(16)
        with suppress(OSError):
            did("connect", out.fileno(), room, 16)
        out.connect((_LOCAL, world.tcp))


@marked(unproven="fast open is off on most machines' loopback; it then connects as usual")
def fast_open_by_sendto(world: Any) -> None:
    with _tcp() as out:
        out.sendto(world.word, _FASTOPEN, (_LOCAL, world.tcp))


@marked(unproven="as above")
def fast_open_by_sendmsg(world: Any) -> None:
    with _tcp() as out:
        out.sendmsg([world.word], [], _FASTOPEN, (_LOCAL, world.tcp))


@marked(unproven="as above")
def fast_open_by_an_option(world: Any) -> None:
    with _tcp() as out:
        out.setsockopt(socket.IPPROTO_TCP, _FASTOPEN_CONNECT, 1)
        out.connect((_LOCAL, world.tcp))
        out.send(world.word)


def an_address_by_sendmsg(world: Any) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendmsg([world.word], [], 0, (_LOCAL, world.udp))


@marked(unproven="a kernel without MPTCP")
def mptcp(world: Any) -> None:
    with _tcp(protocol=262) as out:
        out.connect((_LOCAL, world.tcp))


def udp(world: Any) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(world.word, (_LOCAL, world.udp))


def udp_connected(world: Any) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect((_LOCAL, world.udp))
        out.send(world.word)


def udp_of_many(world: Any) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as out:
        out.connect(("::ffff:127.0.0.1", world.udp))
        did("sendmmsg", out.fileno(), ctypes.create_string_buffer(64), 1, 0)


def raw(world: Any) -> str:
    kinds = ((2, 3, 1), (2, 3, 255), (10, 3, 58), (2, 2, 1))
    return any_of(*(lambda kind=kind: f"raw {socket.socket(*kind).fileno()}" for kind in kinds))


def packets(world: Any) -> str:
    return f"packet {socket.socket(17, 3, 0x300).fileno()}"


def netlink(world: Any) -> str:
    return f"netlink {socket.socket(16, 3, 0).fileno()}"


@marked(unproven="depends on what the kernel is built with")
def other_families(world: Any) -> str:
    kinds = [(family, kind, 0) for family in (3, 15, 29, 31, 38, 39, 40, 41, 43, 44) for kind in (1, 2, 3, 5)]
    kinds += [(2, 1, 132), (2, 5, 132), (2, 6, 33), (2, 2, 136)]
    return any_of(*(lambda kind=kind: f"{kind} {socket.socket(*kind).fileno()}" for kind in kinds))


def listen(world: Any) -> str:
    with _tcp() as here:
        here.bind((_LOCAL, 0))
        here.listen()
        return f"listens on {here.getsockname()}"


def listen_unbound(world: Any) -> str:
    with _tcp() as here:
        here.listen()
        return f"listens on {here.getsockname()}"


def receive_datagrams(world: Any) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.bind((_LOCAL, 0))
        return f"bound to {here.getsockname()}"


def unix_by_path(world: Any) -> None:
    with socket.socket(socket.AF_UNIX) as out:
        out.connect(world.unix)


def unix_abstract(world: Any) -> None:
    with socket.socket(socket.AF_UNIX) as out:
        out.connect("\0" + world.abstract)


def unix_datagram(world: Any) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.sendto(world.word, world.unix_datagrams)


def unix_datagram_of_a_pair(world: Any) -> None:
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    any_of(lambda: one.sendto(world.word, world.unix_datagrams), lambda: one.connect(world.unix_datagrams))
    one.send(world.word)


def unix_datagram_of_a_pair_raw(world: Any) -> None:
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    one.sendmsg([world.word], [], 0, world.unix_datagrams)


@marked(unproven="no kernel connects a stream twice")
def unix_stream_of_a_pair(world: Any) -> None:
    one, _ = socket.socketpair()
    any_of(lambda: one.connect(world.unix), lambda: one.sendto(world.word, world.unix))


def unix_listener(world: Any) -> str:
    with socket.socket(socket.AF_UNIX) as here:
        here.bind("\0escape-listener")
        here.listen()
        return "listens"


def a_pair_of_another_family(world: Any) -> str:
    return f"{socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)}"


def the_real_address_behind_a_mapped_one(world: Any) -> str:
    with _tcp() as out:
        out.connect((_LOCAL, world.mapped))
        return "connected"


@marked(unproven="the address is there only for nodes")
def another_port_of_a_mapped_address(world: Any) -> None:
    with _tcp() as out:
        out.connect(("198.18.0.1", world.tcp))


def the_address_changed_while_it_is_asked(world: Any) -> None:
    """Two threads: one connects to what is allowed, the other changes the address meanwhile."""
    import threading

    room = ctypes.create_string_buffer(16)
    allowed = b"\x02\x00" + world.mapped.to_bytes(2, "big") + bytes([198, 18, 0, 1]) + bytes(8)
    refused = b"\x02\x00" + world.tcp.to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
    going = True

    def change() -> None:
        while going:
            ctypes.memmove(room, refused, 16)
            ctypes.memmove(room, allowed, 16)

    threading.Thread(target=change, daemon=True).start()
    connected = 0
    try:
        for _ in range(2000):
            with _tcp() as out, suppress(OSError):
                did("connect", out.fileno(), room, 16)
                connected += 1
            if connected == 40:  # a listener has no room for more
                return
            time.sleep(0)
    finally:
        going = False


def the_network_of_proc(world: Any) -> str:
    return any_of(*(lambda name=name: Path(f"/proc/{name}").read_text() for name in ("net/tcp", "self/net/unix")))


def interfaces(world: Any) -> str:
    return any_of(lambda: str(socket.if_nameindex()), lambda: " ".join(os.listdir("/sys/class/net")))
