"""One DNS query in, one answer out, as a client's own library reads it."""

from collections.abc import Sequence

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.errors import EgressError, NameLookupError
from pipedreamer.runtime.egress import answer_query
from pipedreamer.runtime.egress.names import ADDRESSES_OF_A_NAME

MANY = tuple(f"198.18.255.{number}" for number in range(ADDRESSES_OF_A_NAME))


async def lookup(name: str) -> Sequence[str]:
    match name.lower():
        case "db":
            return ("198.18.0.1", "198.18.0.2")
        case "missing":
            raise NameLookupError("not found", is_final=True)
        case "later":
            raise NameLookupError("no answer", is_final=False)
        case long if len(long) > 200:
            return MANY
        case _:
            raise EgressError("not declared")


async def asked(name: str, kind: str = "A", edns: int | None = None) -> dns.message.Message:
    query = dns.message.make_query(name, kind, use_edns=edns)
    answer = dns.message.from_wire(await answer_query(query.to_wire(), lookup))
    assert query.is_response(answer)
    return answer


async def test_a_name_has_its_mapped_addresses() -> None:
    answer = await asked("db")
    assert answer.rcode() == dns.rcode.NOERROR
    (found,) = answer.answer
    assert [record.to_text() for record in found] == ["198.18.0.1", "198.18.0.2"]
    assert 0 < found.ttl <= 60
    assert answer.flags & dns.flags.RA


async def test_a_name_is_answered_in_the_letters_it_was_asked_in() -> None:
    answer = await asked("dB")
    assert answer.question[0].name.to_text() == "dB."
    assert answer.answer[0].name.to_text() == "dB."


@pytest.mark.parametrize("kind", ["AAAA", "TXT", "SRV", "HTTPS", "MX", "ANY", "TYPE65280"])
async def test_other_types_are_empty(kind: str) -> None:
    answer = await asked("db", kind)
    assert (answer.rcode(), answer.answer) == (dns.rcode.NOERROR, [])


@pytest.mark.parametrize("kind", ["A", "AAAA"])
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("evil.example", dns.rcode.NXDOMAIN),
        ("missing", dns.rcode.NXDOMAIN),
        ("later", dns.rcode.SERVFAIL),
        (".", dns.rcode.NXDOMAIN),
        ("a\\.b\\000c", dns.rcode.NXDOMAIN),
    ],
)
async def test_why_there_is_no_address(name: str, kind: str, code: dns.rcode.Rcode) -> None:
    assert (await asked(name, kind)).rcode() == code


async def test_a_query_with_edns_is_answered() -> None:
    assert len((await asked("db", edns=0)).answer[0]) == 2


async def test_the_longest_answer_fits_into_any_packet() -> None:
    name = ".".join(["a" * 60] * 4)
    wire = await answer_query(dns.message.make_query(name, "A").to_wire(), lookup)
    assert len(wire) <= 512
    assert len(dns.message.from_wire(wire).answer[0]) == len(MANY)


async def test_other_classes_are_refused() -> None:
    query = dns.message.make_query("db", "A", rdclass="CH")
    assert dns.message.from_wire(await answer_query(query.to_wire(), lookup)).rcode() == dns.rcode.REFUSED


async def test_other_operations_are_not_implemented() -> None:
    query = dns.message.make_query("db", "A")
    query.set_opcode(dns.opcode.NOTIFY)
    answer = dns.message.from_wire(await answer_query(query.to_wire(), lookup))
    assert (answer.id, answer.rcode(), answer.opcode()) == (query.id, dns.rcode.NOTIMP, dns.opcode.NOTIFY)


def malformed() -> dict[str, bytes]:
    query = dns.message.make_query("db", "A", id=0x1234)
    two = dns.message.make_query("db", "A", id=0x1234)
    two.question *= 2
    none = dns.message.make_query("db", "A", id=0x1234)
    none.question = []
    answer = dns.message.make_response(query)
    wire = query.to_wire()
    return {
        "cut": wire[:-3],
        "header only": wire[:12],
        "cut in its header": wire[:7],
        "two questions": two.to_wire(),
        "no question": none.to_wire(),
        "an answer": answer.to_wire(),
        "a pointer to itself": wire[:12] + b"\xc0\x0c\0\1\0\1",
    }


@pytest.mark.parametrize("wire", malformed().values(), ids=malformed())
async def test_what_is_no_query_is_a_format_error(wire: bytes) -> None:
    answer = dns.message.from_wire(await answer_query(wire, lookup))
    assert (answer.id, answer.rcode()) == (0x1234, dns.rcode.FORMERR)
    assert answer.flags & dns.flags.QR


@given(
    st.one_of(
        st.binary(max_size=64), st.binary(max_size=40).map(dns.message.make_query("db", "A").to_wire()[:12].__add__)
    )
)
async def test_whatever_arrives_there_is_an_answer(wire: bytes) -> None:
    answer = await answer_query(wire, lookup)
    assert answer[:2] == wire[:2].ljust(2, b"\0")
    assert dns.message.from_wire(answer).flags & dns.flags.QR
