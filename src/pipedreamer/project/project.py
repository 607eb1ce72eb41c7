"""A workflow folder that was read and found right."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipedreamer.dag import Plan
from pipedreamer.errors import Problem
from pipedreamer.spec import Workflow

Language = Literal["python", "typescript"]

LANGUAGES: dict[str, Language] = {".py": "python", ".ts": "typescript"}


@dataclass(frozen=True, slots=True)
class Project:
    """A workflow and where its parts lie.

    `root` is the folder with its links resolved, `node_files` the absolute path of each node's file, `input_schema`
    the JSON Schema of the roots' input, inline or read from its file. `warnings` are what is odd and not wrong.
    """

    root: Path
    workflow: Workflow
    plan: Plan
    node_files: dict[str, Path]
    input_schema: dict[str, Any] | bool | None
    warnings: tuple[Problem, ...]

    def language(self, node_id: str) -> Language:
        """What a node is written in, by the end of its file's name in workflow.yaml."""
        return LANGUAGES[Path(self.workflow.nodes[node_id].path).suffix]
