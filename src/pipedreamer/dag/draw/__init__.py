"""A plan -> text that shows it: a list of stages, Mermaid, DOT, SVG, HTML. Pure; writes no file."""

from pipedreamer.dag.draw.dot import dot
from pipedreamer.dag.draw.html import html
from pipedreamer.dag.draw.listing import stages
from pipedreamer.dag.draw.mermaid import mermaid
from pipedreamer.dag.draw.svg import svg

__all__ = ["dot", "html", "mermaid", "stages", "svg"]
