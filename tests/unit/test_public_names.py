"""The names that other people's code imports do not change by accident."""

import pipedreamer
from pipedreamer import errors


def test_what_a_node_author_may_import() -> None:
    assert pipedreamer.__all__ == ["Cluster", "Context", "FetchError", "Log", "Response"]


def test_every_error_of_the_tree_is_drawn_in_its_docstring() -> None:
    tree = errors.__doc__ or ""
    names = [
        name
        for name, thing in vars(errors).items()
        if isinstance(thing, type) and issubclass(thing, errors.PipedreamerError)
    ]
    assert names
    assert [name for name in names if name not in tree] == []
