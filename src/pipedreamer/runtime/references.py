"""Secrets in values that are kept: a reference stands in their place, and the secret comes back for a node's input.

A reference names the secret and the form it had (as it is, JSON-, URL- or base64-encoded), so that the same text can be
made again, after a rotation with the new value. It begins with a seal that only the record knows: no node can write
one, and so have a secret put where it has none.
"""

import json
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote, unquote

from pipedreamer.errors import MissingSecretError
from pipedreamer.runtime.mask import JSON_TOKEN, STARS, Mask, quoted
from pipedreamer.runtime.mask_forms import SHORTEST, forms_in_order, leaves

_NUMBER: Final = "n"
"""The form of a secret that stood as a number in JSON."""


class References:
    """What stands for which secret. It never changes; `mask` hides what cannot be referred to."""

    def __init__(
        self, seal: str, secrets: Mapping[str, Any], mask: Mask, earlier: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._seal = seal
        self._mask = mask
        self._texts = {(path, str(form)): text for path, form, text in _forms(secrets)}
        self._found = dict(earlier)
        for (path, form), text in reversed(self._texts.items()):  # of forms that look alike the first one stands
            self._found[text] = self._written(path, form)
        longest_first = sorted(self._found, key=len, reverse=True)
        self._needle = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        self._reference = re.compile(rf"⟦{re.escape(seal)}:([^:⟧]*):([^:⟧]*)⟧")

    def with_secrets(self, secrets: Mapping[str, Any], mask: Mask) -> "References":
        """The same record's for these secrets and those before them."""
        return References(self._seal, secrets, mask, self._found)

    @property
    def are_needed(self) -> bool:
        """Whether there is any secret to refer to."""
        return self._needle is not None

    def hide(self, data: bytes) -> bytes:
        """JSON text with references for secrets, stars for what none can stand for; the very object if it has none."""
        if self._needle is None or self._mask.json(data) is data:
            return data
        hidden = JSON_TOKEN.sub(self._hidden_token, data.decode("utf-8", "replace")).encode()
        return self._mask.json(hidden)

    def restore(self, data: bytes) -> bytes:
        """JSON text with the secrets as they are now. Raises `MissingSecretError` where one is gone."""
        if self._seal.encode() not in data:
            return data
        return JSON_TOKEN.sub(self._restored_token, data.decode()).encode()

    def masked(self, data: bytes) -> bytes:
        """JSON text with stars for references, for people."""
        if self._seal.encode() not in data:
            return data
        return self._reference.sub(STARS, data.decode()).encode()

    def _hidden_token(self, match: re.Match[str]) -> str:
        token = match[0]
        assert self._needle is not None  # noqa: S101 - `hide` has looked
        if not token.startswith('"'):
            found = self._found.get(token)
            return token if found is None else f'"{found[: found.rindex(":")]}:{_NUMBER}⟧"'
        content = json.loads(token, strict=False) if "\\" in token else token[1:-1]
        hidden = self._needle.sub(lambda found: self._found[found[0]], content)
        return token if hidden == content else quoted(hidden)

    def _restored_token(self, match: re.Match[str]) -> str:
        token = match[0]
        if self._seal not in token:
            return token
        content = json.loads(token, strict=False)
        whole = self._reference.fullmatch(content)
        if whole is not None and whole[2] == _NUMBER:
            return self._text(whole[1], "0")
        restored = self._reference.sub(lambda found: self._text(found[1], found[2]), content)
        return quoted(restored)

    def _text(self, path: str, form: str) -> str:
        text = self._texts.get((path, form))
        if text is None:
            name = unquote(path)
            raise MissingSecretError(f"a kept value holds the secret {name}, which is not there any more; put it back")
        return text

    def _written(self, path: str, form: str) -> str:
        return f"⟦{self._seal}:{path}:{form}⟧"


def _forms(secrets: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    """Each text that gives a secret away, with the secret's name and the number of the form."""
    for path, value in leaves(secrets):
        name = quote(".".join(path), safe="")
        for form, text in enumerate(forms_in_order(value)):
            if len(text) >= SHORTEST:
                yield name, form, text
