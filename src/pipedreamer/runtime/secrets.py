"""The cascade of secrets: `.secrets/`, then `.secrets.yaml`, then the mounted folder, later ones over earlier ones."""

import base64
import stat
from pathlib import Path
from typing import Any

import orjson

from pipedreamer.errors import SettingsError
from pipedreamer.runtime.mounted import Folder, read_file, read_folder
from pipedreamer.runtime.secret_yaml import read_secret_yaml

FOLDER_NAME, FILE_NAME, WRONG_NAME = ".secrets", ".secrets.yaml", ".secrets.yml"


def places(folder: Path, explicit: Path | None, mount: Path) -> tuple[Path, ...]:
    """Where secrets are read, lowest first; `explicit` stands for both places in the workflow folder."""
    return (folder / FOLDER_NAME, folder / FILE_NAME, mount) if explicit is None else (explicit, mount)


def read_secrets(folder: Path, explicit: Path | None, mount: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """All secrets, merged by top key, and warnings; raises SettingsError, which never tells what a secret is."""
    if explicit is None:
        parts = [_folder(folder / FOLDER_NAME), _yaml(folder / FILE_NAME), _folder(mount)]
    else:
        parts = [_explicit(explicit), _folder(mount)]
    secrets: dict[str, Any] = {}
    warnings: list[str] = []
    for values, said in parts:
        secrets |= values
        warnings += said
    if explicit is None and (folder / WRONG_NAME).exists():
        warnings.append(f"{folder / WRONG_NAME}: is not read; name it {FILE_NAME}")
    return secrets, tuple(warnings)


def _explicit(path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror} (it was given as the place of the secrets)") from None
    return _folder(path) if is_folder else _yaml(path)


def _yaml(path: Path) -> tuple[dict[str, Any], list[str]]:
    data = read_file(path)
    values = None if data is None else read_secret_yaml(data, str(path))
    if values is None:
        return {}, []
    if not isinstance(values, dict):
        raise SettingsError(f"{path}:1:1: must be a mapping of names to secrets")
    return values, []


def _folder(path: Path) -> tuple[dict[str, Any], list[str]]:
    found = read_folder(path) or Folder({})
    warnings = [f"{path / name}: is a link that leads nowhere; left out" for name in found.dangling]
    values: dict[str, Any] = {}
    for name, data in found.files.items():
        values[name], is_broken = _content(data)
        if is_broken:
            warnings.append(f"{path / name}: begins like a JSON object but is none; taken as plain text")
    return values, warnings


def _content(data: bytes) -> tuple[Any, bool]:
    """JSON objects and arrays as they are, other text as `{"value": text}`, what is no text as `{"base64": ...}`.

    The second part is true for what looks like a JSON object and cannot be read as one.
    """
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}, False
    if text[:1] not in {"{", "["}:
        return {"value": text}, False
    try:
        return orjson.loads(text), False
    except orjson.JSONDecodeError:
        return {"value": text}, text.startswith("{")
