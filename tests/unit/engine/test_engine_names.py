"""What other rooms may use of the engine."""

import pipedreamer.engine


def test_the_public_names_are_these() -> None:
    assert sorted(pipedreamer.engine.__all__) == [
        "App",
        "InputSchema",
        "Limits",
        "Patience",
        "Service",
        "Stats",
        "bind",
        "serve",
    ]
