"""What a caller asks for with `POST /runs/ID/rerun`."""

from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from pipedreamer.runtime.json_input import parse_json

_SHAPE: Final = 'a re-run is asked for by a JSON object: {"from": ["node", ...], "input": ...}, both optional'


class Rerun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Without a field the whole run is repeated; another input repeats it whole, too."""

    chosen: Annotated[
        tuple[str, ...] | None,
        Meta(description="Run these nodes and what comes after them; of none, keep what all that succeeded returned."),
    ] = msgspec.field(name="from", default=None)
    input: Raw | UnsetType = UNSET

    @property
    def given(self) -> bytes | None:
        """The text of another input, None where the run's own is meant."""
        return bytes(self.input) if isinstance(self.input, Raw) else None


def read_rerun(body: bytes) -> Rerun:
    """The wish that a body is; its input stays the text that it was. Raises ValueError that says what is wrong."""
    if not body.strip():
        return Rerun()
    try:
        parse_json(body)
    except ValueError as error:
        raise ValueError(f"the body is not JSON: {error}; {_SHAPE}") from error
    try:
        wish = _decode(body)
    except msgspec.ValidationError as error:
        raise ValueError(f"{error}; {_SHAPE}") from error
    except RecursionError as error:
        raise ValueError(f"the input nests too deep; {_SHAPE}") from error
    if wish.chosen is not None and wish.given is not None:
        raise ValueError('with another "input" the run is repeated whole: leave out "from"')
    return wish


_decode = msgspec.json.Decoder(Rerun).decode
