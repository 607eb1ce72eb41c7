"""A workflow's permissions and folder -> the policy that locks its workers."""

import os
from pathlib import Path

from pipedreamer.project import Project
from pipedreamer.project.readable import readable
from pipedreamer.sandbox.lock.policy import Policy
from pipedreamer.sandbox.lock.user import own_uid


def policy(project: Project, site: Path | None) -> Policy:
    """`site` is the folder of its third-party packages. Raises `ProjectError` where the folder cannot be read."""
    allowed = project.workflow.permissions
    own = readable(project.root)
    packages = [os.path.realpath(site)] if site else []
    return Policy(
        whole=(*own.whole, *packages, *allowed.read),
        listed=tuple(own.listed),
        links=tuple(own.links),
        write=allowed.write,
        env={name: os.environ[name] for name in allowed.env if name in os.environ},
        memory=allowed.memory,
        tcp=bool(allowed.net),
        uid=own_uid(),
    )
