"""What was measured as tables, for a terminal and as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as TerminalTable

from benchmarks.results import CEILING, OURS, Figure, Load, Results
from benchmarks.single_runs import FAN_OUT, LAYERS, SEQUENCE
from benchmarks.starting import FIRST_ANSWER

_COMPARED = (FIRST_ANSWER, SEQUENCE, FAN_OUT, LAYERS)


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def tables(results: Results) -> list[Table]:
    """The tables that have rows."""
    made = (_loads(results), _systems(results), _compared(results), _figures(results))
    return [table for table in made if table.rows]


def show(results: Results) -> None:
    """Prints the tables for a person; where the output is no terminal, 120 characters wide."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=120)
    console.print(_heading(results))
    for table in tables(results):
        shown = TerminalTable(title=table.title, title_justify="left", title_style="bold", box=None, pad_edge=False)
        for column, name in enumerate(table.head):
            shown.add_column(name, justify="right" if _is_numeric(table, column) else "left")
        for row in table.rows:
            shown.add_row(*row)
        console.print()
        console.print(shown)
    for line in _not_measured(results):
        console.print(f"\n{line}", markup=False)


def markdown(results: Results) -> str:
    lines = [_heading(results)]
    for table in tables(results):
        rule = ["---:" if _is_numeric(table, column) else "---" for column in range(len(table.head))]
        lines += ["", f"**{table.title}**", ""]
        lines += [f"| {' | '.join(row)} |" for row in (table.head, rule, *table.rows)]
    for line in _not_measured(results):
        lines += ["", line]
    return "\n".join(lines) + "\n"


def number(value: float) -> str:
    """Three digits that count, or all of a number above 1,000."""
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def _heading(results: Results) -> str:
    return ", ".join(f"{key} {value}" if key else value for key, value in results.machine.items())


def _not_measured(results: Results) -> list[str]:
    return [f"Not measured: {line}" for line in results.missing] + [f"Failed: {line}" for line in results.broken]


def _loads(results: Results) -> Table:
    head = ("", "at once", "runs/s", "of ceiling", "p50 ms", "p99 ms", "CPU us/run", "MB")
    rows = [_load_row(results, load) for load in results.loads]
    return Table("word-counter, three nodes: finished runs", head, rows)


def _load_row(results: Results, load: Load) -> list[str]:
    top = results.load(CEILING, load.at_once)
    return [
        load.system,
        str(load.at_once),
        number(load.runs_per_second),
        _share(load.runs_per_second / top.runs_per_second) if top else "",
        number(load.p50_ms),
        _known(load.p99_ms),
        number(load.processor_us),
        _known(load.memory_mb),
    ]


def _known(value: float | None) -> str:
    return "" if value is None else number(value)


def _share(value: float) -> str:
    return f"{value:.2f}" if value >= 0.01 else f"1/{1 / value:,.0f}"


def _systems(results: Results) -> Table:
    names: dict[str, list[str]] = {}
    for system in results.systems:
        names.setdefault(system.note, []).append(f"{system.name} {system.version}".strip())
    rows = [["; ".join(same), note] for note, same in names.items()]
    return Table("What each leaves out or does more", ("", "note"), rows)


def _compared(results: Results) -> Table:
    """The figures that several systems have, a column a system."""
    found = [figure for figure in results.figures if figure.what in _COMPARED]
    systems = [*dict.fromkeys(figure.system for figure in found)]
    values = {(figure.what, figure.system): number(figure.value) for figure in found}
    names = [what for what in _COMPARED if any(figure.what == what for figure in found)]
    rows = [[what, *(values.get((what, system), "") for system in systems)] for what in names]
    return Table("One run, as its caller sees it, in ms", ("", *systems), rows)


def _figures(results: Results) -> Table:
    ours = (figure for figure in results.figures if figure.system.startswith(OURS))
    return Table("Goals", ("", "system", "measured", "goal", "met"), [_figure_row(figure) for figure in ours])


def _figure_row(figure: Figure) -> list[str]:
    measured = f"{number(figure.value)} {figure.unit}".strip()
    if figure.goal is None:
        return [figure.what, figure.system, measured, "", ""]
    word = "at least" if figure.goal.at_least else "under"
    goal = f"{word} {figure.goal.limit:,g} {figure.unit}".strip()
    return [figure.what, figure.system, measured, goal, "yes" if figure.goal.met(figure.value) else "no"]


def _is_numeric(table: Table, column: int) -> bool:
    cells = [row[column] for row in table.rows if row[column]]
    return column > 0 and bool(cells) and all(cell[0].isdigit() for cell in cells)
