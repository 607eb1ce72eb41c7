"""A workflow's permissions and folder -> the policy that locks its workers."""

import os
from pathlib import Path

from pipedreamer.project import Project
from pipedreamer.project.grants import followed
from pipedreamer.project.readable import readable
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
    return Policy(
        whole=(*own.whole, *packages, *(real for real, _ in read)),
        listed=tuple(own.listed),
        links=(*own.links, *(link for _, links in (*read, *write) for link in links)),
        write=tuple(real for real, _ in write),
        env={name: os.environ[name] for name in allowed.env if name in os.environ},
        memory=allowed.memory,
        tcp=bool(allowed.net),
        uid=own_uid(),
    )


def _led_by_nodes(links: tuple[str, ...], writable: list[str]) -> bool:
    """Whether a granted path leads over a link that nodes may have made: it would be they who grant."""
    return any(link.startswith(f"{folder.rstrip('/')}/") for link in links for folder in writable)
