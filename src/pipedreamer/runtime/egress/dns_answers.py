"""Answers to the DNS queries of a worker's C libraries (RFC 1035)."""

import struct
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from pipedreamer.errors import EgressError, NameLookupError

TTL_S: Final = 30
"""How long a worker may keep an answer, in seconds: less than an address stands for its name."""

_HEADER: Final = struct.Struct("!6H")
_IS_ANSWER: Final = 0x8000
_OPCODES: Final = 0x7800
_RECURSION_DESIRED: Final = 0x0100
_FORMERR, _NOTIMP = 1, 4


async def answer_query(wire: bytes, lookup: Callable[[str], Awaitable[Sequence[str]]]) -> bytes:
    """The answer to one query: what `lookup` gives for a name's IPv4 addresses, and nothing for other types.

    NXDOMAIN where `lookup` raises EgressError or a final NameLookupError, SERVFAIL where asking again may help,
    FORMERR for what is no query. Never longer than 512 bytes, for `lookup` giving up to 8 addresses.
    """
    flags = _HEADER.unpack_from(wire)[1] if len(wire) >= _HEADER.size else _IS_ANSWER
    if flags & _IS_ANSWER:
        return _refusal(wire, flags, _FORMERR)
    if flags & _OPCODES:
        return _refusal(wire, flags, _NOTIMP)
    # Takes time, and most engines never see a query.
    import dns.exception
    import dns.flags
    import dns.message
    import dns.rcode
    import dns.rdataclass
    import dns.rdatatype
    import dns.rrset

    try:
        query = dns.message.from_wire(wire, question_only=True)
        (question,) = query.question
        answer = dns.message.make_response(query, recursion_available=True)
    except (dns.exception.DNSException, ValueError):
        return _refusal(wire, flags, _FORMERR)
    if question.rdclass != dns.rdataclass.IN:
        answer.set_rcode(dns.rcode.REFUSED)
        return answer.to_wire()
    try:
        found = await lookup(question.name.to_text(omit_final_dot=True))
    except EgressError:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    except NameLookupError as error:
        answer.set_rcode(dns.rcode.NXDOMAIN if error.is_final else dns.rcode.SERVFAIL)
    else:
        if question.rdtype == dns.rdatatype.A:
            answer.answer.append(dns.rrset.from_text(question.name, TTL_S, "IN", "A", *found))
    return answer.to_wire(want_shuffle=False)  # best first, as they were found


def _refusal(wire: bytes, flags: int, code: int) -> bytes:
    """A header and nothing else."""
    number = int.from_bytes(wire[:2].ljust(2, b"\0"), "big")
    return _HEADER.pack(number, _IS_ANSWER | (flags & (_OPCODES | _RECURSION_DESIRED)) | code, 0, 0, 0, 0)
