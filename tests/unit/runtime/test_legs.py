"""A plan in several languages is split at the stages where the language changes."""

from pipedreamer.project import Language
from pipedreamer.runtime.legs import legs


def test_one_language_is_one_leg() -> None:
    assert legs([(0,), (1, 2), (3,)], ["python"] * 4) == ({"python": (0, 1, 2, 3)},)


def test_stages_in_a_row_go_together_until_the_language_changes() -> None:
    languages: list[Language] = ["python", "python", "typescript", "typescript", "python"]
    assert legs([(0,), (1,), (2,), (3,), (4,)], languages) == (
        {"python": (0, 1)},
        {"typescript": (2, 3)},
        {"python": (4,)},
    )


def test_a_stage_with_both_stands_alone() -> None:
    languages: list[Language] = ["python", "typescript", "python", "python"]
    assert legs([(0,), (1, 2), (3,)], languages) == (
        {"python": (0,)},
        {"typescript": (1,), "python": (2,)},
        {"python": (3,)},
    )


def test_no_nodes_have_no_legs() -> None:
    assert legs([], []) == ()
