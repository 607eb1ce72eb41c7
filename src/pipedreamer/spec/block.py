"""Mappings of known fields, and mappings whose fields depend on one of them."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pipedreamer.spec.findings import Findings
from pipedreamer.spec.json_value import to_json
from pipedreamer.spec.kind import At, Kind, Schema, Shaped
from pipedreamer.spec.nearest import Names
from pipedreamer.spec.tree import Entry, Mapping, Scalar
from pipedreamer.spec.wording import shown

_PROBABLY = 0.85
"""How alike two words are where one was meant by the other: `permision` is, `missions` is not."""


@dataclass(frozen=True)
class Field:
    """A key with a meaning of its own; one that is not `nullable` must not be left without a value.

    A key that was probably meant to be a `guarded` one is an error: what it says must not be passed over.
    """

    name: str
    kind: Kind
    doc: str
    required: bool = False
    nullable: bool = True
    default: Any = None
    guarded: bool = False

    def schema(self) -> Schema:
        schema = self.kind.schema()
        if self.nullable and not self.required:
            schema = _or_null(schema)
        default = {} if self.default is None else {"default": self.default}
        return {"description": self.doc} | schema | default


@dataclass(frozen=True)
class Block(Shaped[Mapping]):
    """A mapping of known fields.

    `keeps`: unknown keys are carried along as JSON. `warns`: they are reported, except those that begin with `x-`
    (places for anchors). `closed`: each of them is an error. `elsewhere`: fields that would have a meaning in another
    place, and in which.
    """

    fields: tuple[Field, ...]
    expects: str
    example: str
    keeps: bool = False
    warns: bool = True
    closed: bool = False
    elsewhere: Map[str, str] = field(default_factory=dict)
    shape = Mapping

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {known.name: known for known in self.fields}

    @cached_property
    def _required(self) -> tuple[Field, ...]:
        return tuple(known for known in self.fields if known.required)

    @cached_property
    def _names(self) -> Names:
        return Names(self.by_name)

    @cached_property
    def _guarded(self) -> Names:
        return Names(known.name for known in self.fields if known.guarded)

    def take(self, tree: Mapping, at: At, out: Findings) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, entry in tree.entries.items():
            if (known := self.by_name.get(name)) is None:
                self._unknown(entry, at, out)
                if self.keeps:
                    values[name] = to_json(entry.value, out)
            elif isinstance(entry.value, Scalar) and entry.value.empty:
                _check_empty(known, entry, at, out)
            else:
                values[name] = known.kind.read(entry.value, at.below(entry.key), out)
        for known in self._required:
            if known.name not in tree.entries:
                remedy = f"for example {known.name}: {known.kind.example}"
                out.error(at, f"{at.label or 'the workflow'} has no {known.name}", remedy)
        return values

    def _unknown(self, entry: Entry, at: At, out: Findings) -> None:
        name = entry.key.text
        if not self.closed and (not self.warns or name.startswith("x-")):
            return
        is_error = self.closed or self._guarded.nearest(name, _PROBABLY) is not None
        report = out.error if is_error else out.warning
        here = at.label or "the workflow"
        if name in self.elsewhere:
            out.warning(entry.key, f"{here} has no use for {name}", f"it belongs to {self.elsewhere[name]}")
        else:
            known = ", ".join(self.by_name)
            report(
                entry.key,
                f"{here} has an unknown key {shown(name)}",
                lambda: self._names.hint(name) or f"known keys: {known}",
            )

    def schema(self) -> Schema:
        required = [known.name for known in self._required]
        properties = {known.name: known.schema() for known in self.fields}
        more = {"additionalProperties": False} if self.closed else {}
        return {"type": "object", "properties": properties} | more | ({"required": required} if required else {})


@dataclass(frozen=True)
class Variants(Shaped[Mapping]):
    """A mapping whose field `tag` decides which others it has."""

    tag: Field
    shared: tuple[Field, ...]
    variants: Map[str, tuple[Field, ...]]
    expects: str
    example: str
    shape = Mapping

    @cached_property
    def _blocks(self) -> dict[str, Block]:
        return {name: self._block(own, name) for name, own in self.variants.items()}

    @cached_property
    def _any(self) -> Block:
        """For a mapping whose tag is wrong: fields of all variants are known, none is looked at."""
        return Block((self.tag, *self.shared), self.expects, self.example, warns=False)

    def _block(self, own: tuple[Field, ...], name: str) -> Block:
        elsewhere = {
            other.name: f"{self.tag.name}: {variant}"
            for variant, others in self.variants.items()
            for other in others
            if variant != name and other not in own
        }
        return Block((self.tag, *self.shared, *own), self.expects, self.example, elsewhere=elsewhere)

    def take(self, tree: Mapping, at: At, out: Findings) -> Any:
        tag = tree.entries.get(self.tag.name)
        name = tag.value.text if tag is not None and isinstance(tag.value, Scalar) else ""
        return self._blocks.get(name, self._any).take(tree, at, out)

    def schema(self) -> Schema:
        shared = Block((self.tag, *self.shared), self.expects, self.example).schema()
        rules = [
            {
                "if": {"properties": {self.tag.name: {"const": name}}, "required": [self.tag.name]},
                "then": Block(own, self.expects, self.example).schema(),
            }
            for name, own in self.variants.items()
            if own
        ]
        return shared | {"allOf": rules}


def _check_empty(known: Field, entry: Entry, at: At, out: Findings) -> None:
    label = at.below(entry.key).label
    if known.required:
        out.error(entry.key, f"{label} has no value", f"for example {known.name}: {known.kind.example}")
    elif not known.nullable:
        remedy = f"for example {known.name}: {known.kind.example}, or remove the key"
        out.error(entry.key, f"{label} has no value", remedy)


def _or_null(schema: Schema) -> Schema:
    """The same schema, which also accepts a key that is left without a value."""
    if "enum" in schema:
        return schema | {"enum": [*schema["enum"], None]}
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return schema | {"type": [*types, "null"]}
    return {"anyOf": [*schema["anyOf"], {"type": "null"}]} if "anyOf" in schema else schema
