"""A workflow's own third-party Python packages: what it asks for, the lock, an environment with just that.

Never installs into the environment that Pipedreamer runs in, and imports none of the packages.
"""

from pipedreamer.project.packages.environments import environment
from pipedreamer.project.packages.locking import LockReport, check_packages, lock

__all__ = ["LockReport", "check_packages", "environment", "lock"]
