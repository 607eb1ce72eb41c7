"""The licences of modules that are fetched by address: packages of npm carry theirs, these lie beside their files."""

from collections.abc import Iterable
from pathlib import Path

from pipedreamer.project.modules.lockfile import release_of

_NAMES = ("LICENSE", "LICENSE.md")
_SECONDS = 10
_LIMIT = 256 * 1024


def fetch_licences(addresses: Iterable[str], folder: Path) -> None:
    """Keep the licence of each release that these modules are of, by its address, where it has one."""
    for release in sorted({release_of(address) for address in addresses if address.startswith(("https:", "http:"))}):
        text = next(filter(None, (_fetched(f"{release}/{name}") for name in _NAMES)), None)
        if text is not None:
            kept = folder / release.partition("://")[2] / _NAMES[0]
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(text)


def _fetched(address: str) -> bytes | None:
    """What is at an address, by the proxies of the environment; None where that cannot be had."""
    import urllib.request  # takes 20 ms, and is needed once for each lock

    try:
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:  # noqa: S310 - an address that was locked
            text: bytes = answer.read(_LIMIT)
    except (OSError, ValueError):
        return None
    return text
