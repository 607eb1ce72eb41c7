"""`.secrets.yaml` -> JSON values; errors give the place and the remedy and never quote the text."""

from typing import Any, Final

from pipedreamer.errors import SettingsError
from pipedreamer.spec.compose import compose
from pipedreamer.spec.findings import Fault, Findings
from pipedreamer.spec.json_value import scalar_value
from pipedreamer.spec.tree import Broken, Mapping, Scalar, Tree

_REMEDY: Final = (
    "cannot be read as YAML; a value that begins with one of * & ! @ % | > { [ ` or a quote, or holds ': ', "
    "needs quotes"
)


def read_secret_yaml(data: bytes, name: str) -> Any:
    """The value of a file of secrets in YAML or JSON, None for an empty one; `name` is what errors call the file.

    It is read as workflow.yaml is, but a number whose text would change (`007`, `1.10`, `1e5`) stays text, as befits a
    password. Raises SettingsError.
    """
    if is_blank(data):
        return None
    out = Findings(name)
    tree = compose(data, out)
    problem = next((problem for problem in out.problems() if problem.severity == "error"), None)
    if problem is not None:
        # The problem's own words quote what they are about, which here may be a secret.
        said = "a key is written twice" if "written twice" in problem.message else _REMEDY
        raise SettingsError(f"{name}:{problem.line}:{problem.column}: {said}")
    return None if tree is None else _value(tree)


def is_blank(data: bytes) -> bool:
    """Whether a YAML file holds nothing but comments."""
    return all(not line.strip() or line.lstrip().startswith(b"#") for line in data.splitlines())


def _value(tree: Tree) -> Any:
    if isinstance(tree, Mapping):
        return {name: _value(entry.value) for name, entry in tree.entries.items()}
    if isinstance(tree, Scalar):
        value = scalar_value(tree)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return tree.text if isinstance(value, Fault) or (is_number and str(value) != tree.text) else value
    return None if isinstance(tree, Broken) else [_value(item) for item in tree.items]
