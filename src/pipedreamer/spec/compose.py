"""YAML events -> a tree, with merge keys and aliases resolved and everything bounded."""

from typing import TYPE_CHECKING, Any, Final

from pipedreamer.spec.findings import Findings, Placed
from pipedreamer.spec.nearest import Names
from pipedreamer.spec.source import START, Spot, decode, events, spot_of
from pipedreamer.spec.tree import Broken, Entry, Mapping, Scalar, Sequence, Tree
from pipedreamer.spec.wording import described, shown

if TYPE_CHECKING:
    from pipedreamer.spec.source import Loader

DEPTH_LIMIT: Final = 100
"""How many lists and mappings may stand inside one another."""
VALUE_LIMIT: Final = 500_000
"""How many values a file may hold, those behind aliases counted each time they are used."""

_TEXT_TAGS: Final = (None, "!", "tag:yaml.org,2002:str")
_LIST_TAGS: Final = (None, "!", "tag:yaml.org,2002:seq")
_MAPPING_TAGS: Final = (None, "!", "tag:yaml.org,2002:map")


def compose(source: bytes | str, out: Findings, loader: "Loader | None" = None) -> Tree | None:
    """The tree of a file that holds one YAML document, or None (with a finding) where there is none."""
    text = decode(source, out)
    if text is None:
        return None
    return _Composer(out).run(text, loader)


class _Open:
    """A list or mapping whose end has not come yet; a mapping's keys and values alternate in `items`."""

    __slots__ = ("anchor", "is_mapping", "items", "spot")

    def __init__(self, anchor: str | None, is_mapping: bool, spot: Spot) -> None:
        self.anchor = anchor
        self.is_mapping = is_mapping
        self.spot = spot
        self.items: list[Tree] = []


class _Composer:
    def __init__(self, out: Findings) -> None:
        self._out = out
        self._open: list[_Open] = []
        self._anchors: dict[str, Tree | None] = {}  # None: not closed yet
        self._values = 0
        self._root: Tree | None = None
        self._stopped = False

    def run(self, text: str, loader: "Loader | None") -> Tree | None:
        import yaml  # see source.events

        handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: self._begin,
            yaml.SequenceStartEvent: self._begin,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.DocumentStartEvent: self._document,
            yaml.StreamEndEvent: self._complete,
        }
        for event in events(text, self._out, loader):
            if handler := handlers.get(type(event)):
                handler(event)
                if self._stopped:
                    return self._root
        return None  # broken YAML: that problem alone is told, not what may follow from it

    def _complete(self, _event: Any) -> None:
        self._stopped = True
        if self._root is None:
            self._out.error(START, "the file is empty", "`pipedreamer init` writes a first one")

    def _document(self, event: Any) -> None:
        if self._root is not None:
            self._stop(spot_of(event), "a second document begins here", "a file holds one workflow; remove the '---'")

    def _stop(self, place: Placed, message: str, suggestion: str) -> None:
        self._out.error(place, message, suggestion)
        self._stopped = True

    def _scalar(self, event: Any) -> None:
        mark, tag = event.start_mark, event.tag
        scalar = Scalar(event.value, not event.style and tag is None, mark.line + 1, mark.column + 1)
        if tag not in _TEXT_TAGS:
            self._refuse_tag(scalar, tag)
        self._add(scalar, event.anchor)

    def _begin(self, event: Any) -> None:
        import yaml

        spot = spot_of(event)
        is_mapping = type(event) is yaml.MappingStartEvent
        if event.tag not in (_MAPPING_TAGS if is_mapping else _LIST_TAGS):
            self._refuse_tag(spot, event.tag)
        self._check_depth(spot, len(self._open) + 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_Open(event.anchor, is_mapping, spot))

    def _end(self, _event: Any) -> None:
        done = self._open.pop()
        self._add(self._mapping(done) if done.is_mapping else _sequence(done), done.anchor)

    def _alias(self, event: Any) -> None:
        spot, name = spot_of(event), event.anchor
        target = self._anchors.get(name)
        if target is None:
            if name in self._anchors:
                self._out.error(spot, f"the alias *{name} stands inside what it names", "a value cannot hold itself")
            else:
                hint = Names(self._anchors).nearest(name)
                suggestion = f"did you mean *{hint}?" if hint else f"write &{name} before the value it should repeat"
                self._out.error(spot, f"the alias *{name} has no anchor before it", suggestion)
            target = Broken(spot.line, spot.column)
        self._check_depth(spot, len(self._open) + target.height)
        self._values += target.size - 1
        self._add(target, None)

    def _add(self, tree: Tree, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = tree
        self._values += 1
        if self._values > VALUE_LIMIT:
            message = f"the file holds more than {VALUE_LIMIT:,} values, those behind aliases included"
            self._stop(tree, message, "keep data in files of their own")
            self._root = None
        elif self._open:
            self._open[-1].items.append(tree)
        else:
            self._root = tree

    def _check_depth(self, spot: Spot, depth: int) -> None:
        if depth > DEPTH_LIMIT:
            self._stop(spot, f"more than {DEPTH_LIMIT} lists and mappings stand inside one another", "flatten them")

    def _refuse_tag(self, place: Placed, tag: str) -> None:
        name = tag.replace("tag:yaml.org,2002:", "!!", 1)
        self._out.error(place, f"the tag {shown(name)} is not supported", "remove it; quotes make a text of any value")

    def _mapping(self, done: _Open) -> Mapping:
        entries: dict[str, Entry] = {}
        merges: list[Entry] = []
        pairs = iter(done.items)
        for key, value in zip(pairs, pairs, strict=True):
            if isinstance(key, Scalar):
                self._enter(Entry(key, value), entries, merges)
            elif not isinstance(key, Broken):
                self._out.error(key, f"a key must be text, not {described(key)}", "put it in quotes")
        for merge in merges:
            self._merge(merge.value, entries)
        size, height = _extent([entry.value for entry in entries.values()])
        return Mapping(entries, done.spot.line, done.spot.column, size + len(entries), height)

    def _enter(self, entry: Entry, entries: dict[str, Entry], merges: list[Entry]) -> None:
        key = entry.key
        is_merge = key.plain and key.text == "<<"
        first = merges[0] if is_merge and merges else None if is_merge else entries.get(key.text)
        if first is not None:
            where = f"the first is at line {first.key.line}, column {first.key.column}"
            remedy = "list them in one: <<: [*a, *b]" if is_merge else "keep one"
            self._out.error(key, f"the key {shown(key.text)} is written twice", f"{where}; {remedy}")
        elif is_merge:
            merges.append(entry)
        elif key.plain and not key.text:
            self._out.error(key, "a key is empty", "write a name before the ':'")
        else:
            entries[key.text] = entry

    def _merge(self, value: Tree, entries: dict[str, Entry]) -> None:
        """Add what `<<` names; what is there already wins, and of several the earlier (YAML's merge key type)."""
        for source in value.items if isinstance(value, Sequence) else (value,):
            if isinstance(source, Mapping):
                for name, entry in source.entries.items():
                    entries.setdefault(name, entry)
            elif not isinstance(source, Broken):
                self._out.error(source, f"<< must name mappings, not {described(source)}", "for example <<: *defaults")


def _sequence(done: _Open) -> Sequence:
    size, height = _extent(done.items)
    return Sequence(tuple(done.items), done.spot.line, done.spot.column, size, height)


def _extent(held: list[Tree]) -> tuple[int, int]:
    """Size and height of what holds these."""
    size, height = 1, 0
    for tree in held:
        size += tree.size
        if tree.height > height:
            height = tree.height
    return size, height + 1
