"""The map that a node sees as `ctx.secrets`."""

from typing import Any, NoReturn


class NodeSecrets(dict[str, Any]):
    """A dict; that a name is missing is raised here, so that `remedies` knows what was asked."""

    def __missing__(self, name: object) -> NoReturn:
        raise KeyError(name)
