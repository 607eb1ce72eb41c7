"""A workflow's permissions and folder -> the policy that locks its workers."""

import os
from pathlib import Path

from pipedreamer.errors import Problem, ProjectError
from pipedreamer.project import Project
from pipedreamer.project.grants import followed
from pipedreamer.project.readable import Readable, is_dotted, readable
from pipedreamer.sandbox.lock.policy import Policy
from pipedreamer.sandbox.lock.user import own_uid


def policy(project: Project, site: Path | None) -> Policy:
    """`site` is the folder of its third-party packages. Raises `ProjectError` where the folder cannot be read."""
    allowed = project.workflow.permissions
    own = readable(project.root)
    packages = [os.path.realpath(site)] if site else []
    read, write = ([followed(path) for path in paths] for paths in (allowed.read, allowed.write))
    writable = [real for real, _ in write]
    read, write = ([way for way in ways if not _led_by_nodes(way[1], writable)] for ways in (read, write))
    seen = [own, *(_without_dots(real) for real, _ in read)]
    ways = (link for _, links in (*read, *write) for link in links)
    return Policy(
        whole=(*packages, *(path for part in seen for path in part.whole)),
        listed=tuple(path for part in seen for path in part.listed),
        links=(*(path for part in seen for path in part.links), *ways),
        write=tuple(real for real, _ in write),
        env={name: os.environ[name] for name in allowed.env if name in os.environ},
        memory=allowed.memory,
        tcp=bool(allowed.net),
        uid=own_uid(),
    )


def _without_dots(path: str) -> Readable:
    """What is granted of a path to read: names that begin with a dot are never seen, there neither."""
    if not Path(path).is_dir():
        return Readable(whole=[path])
    try:
        return readable(Path(path), is_dotted)
    except ProjectError as error:
        hint = "grant the folders in it that nodes need"
        problem = Problem(path, 0, 0, f"permissions.read: {error.problems[0].message}", hint)
        raise ProjectError((problem,)) from error


def _led_by_nodes(links: tuple[str, ...], writable: list[str]) -> bool:
    """Whether a granted path leads over a link that nodes may have made: it would be they who grant."""
    return any(link.startswith(f"{folder.rstrip('/')}/") for link in links for folder in writable)
