"""`python -m pipedreamer` is the same program as `pipedreamer`."""

from pipedreamer.cli import main

if __name__ == "__main__":
    main()
