"""Which nodes of a folder are TypeScript, told from its workflow.yaml alone."""

from pathlib import Path

from pipedreamer.project.project import LANGUAGES
from pipedreamer.project.reading import UnreadableError, read_file, real_path
from pipedreamer.spec import load

_SPEC = "workflow.yaml"


def typescript_nodes(root: Path) -> dict[str, Path]:
    """The files of these nodes by id, with links resolved; none where the folder holds no workflow yet.

    What is missing is left out. Raises SpecError where workflow.yaml has errors.
    """
    try:
        workflow = load(read_file(root / _SPEC), str(root / _SPEC))
    except UnreadableError:
        return {}
    found = {}
    for node in workflow.nodes.values():
        if LANGUAGES.get(Path(node.path).suffix) == "typescript":
            try:
                found[node.id] = real_path(root / node.path)
            except UnreadableError:
                continue
    return found
