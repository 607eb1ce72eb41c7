"""The config of workflow.yaml with the files of the mounted folder (a ConfigMap) laid over it."""

from pathlib import Path, PurePath
from typing import Any, Final

from pipedreamer.errors import SettingsError
from pipedreamer.runtime.mounted import Folder, read_folder
from pipedreamer.runtime.secret_yaml import is_blank
from pipedreamer.spec import read_value

_DOCUMENTS: Final = {".yaml", ".yml", ".json"}


def read_config(workflow_config: dict[str, Any], mount: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The config, each file of `mount` applied in the order of the names, and warnings; raises SettingsError.

    A file whose name (with or without .yaml, .yml, .json) is a key of workflow.yaml's config replaces that key. Any
    other mapping is merged by top key. A file without such an ending that holds no mapping sets the key of its name,
    as `kubectl create configmap --from-literal` writes them; one with another ending (`query.sql`) is text.
    """
    found = read_folder(mount) or Folder({})
    config = dict(workflow_config)
    warnings = [f"{mount / name}: is a link that leads nowhere; left out" for name in found.dangling]
    for name, data in found.files.items():
        config |= _overrides(mount / name, data, workflow_config, warnings)
    return config, tuple(warnings)


def _overrides(path: Path, data: bytes, workflow_config: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
    name = PurePath(path.name)
    is_document = name.suffix.lower() in _DOCUMENTS
    if name.suffix and not is_document and path.name not in workflow_config:
        return {path.name: _text(path, data)}
    value = _document(path, data, warnings)
    keys = [path.name, name.stem] if is_document else [path.name]
    for key in keys:
        if key in workflow_config:
            return {key: value}
    if isinstance(value, dict):
        return value
    if not is_document:
        return {path.name: value}
    if value is None:
        return {}
    raise SettingsError(f"{path}:1:1: must be a mapping, or be named after a key of the workflow's config")


def _document(path: Path, data: bytes, warnings: list[str]) -> Any:
    if is_blank(data):
        return None
    value, problems = read_value(data, str(path))
    for problem in problems:
        if problem.severity == "error":
            raise SettingsError(str(problem))
        warnings.append(str(problem))
    return value


def _text(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: is not UTF-8 text") from None
