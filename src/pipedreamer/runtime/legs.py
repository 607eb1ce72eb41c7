"""How a plan is split where its nodes are in several languages: each leg runs where its language does."""

from collections.abc import Iterable, Sequence

from pipedreamer.project import Language

Leg = dict[Language, tuple[int, ...]]
"""Nodes by their numbers, the languages beside one another."""


def by_stage(stages: Iterable[Sequence[int]], languages: Sequence[Language]) -> tuple[Leg, ...]:
    """A leg for each stage."""
    return tuple(legs_of for stage in stages for legs_of in legs([stage], languages))


def legs(stages: Iterable[Sequence[int]], languages: Sequence[Language]) -> tuple[Leg, ...]:
    """The legs of a plan, one after the other: stages of one language in a row go together.

    `languages` has each node's, by number. A workflow in one language has one leg.
    """
    found: list[Leg] = []
    for stage in stages:
        here: Leg = {}
        for node in stage:
            here[languages[node]] = (*here.get(languages[node], ()), node)
        if found and len(here) == 1 and found[-1].keys() == here.keys():
            (language,) = here
            found[-1] = {language: found[-1][language] + here[language]}
        else:
            found.append(here)
    return tuple(found)
