"""One requirement: what is accepted (a name, extras, versions, a marker) and why anything else is not."""

import re

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_EXTRAS = rf"\[\s*(?:{_NAME}\s*(?:,\s*{_NAME}\s*)*)?\]"
_VERSION = r"(?:===|~=|==|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+"
_VERSIONS = rf"{_VERSION}\s*(?:,\s*{_VERSION}\s*)*,?"
_MARKER = r";[\w\s.()<>=!~,'\"*+-]+"
_REQUIREMENT = re.compile(rf"({_NAME})\s*(?:{_EXTRAS})?\s*(?:\(\s*{_VERSIONS}\s*\)|{_VERSIONS})?\s*(?:{_MARKER})?")
_ARCHIVE = re.compile(r"\.(whl|zip|egg|tgz|tbz|txz|tar(\.\w+)?)$", re.IGNORECASE)
_HASHES = re.compile(r"(?:\s+--hash=sha(?:256|384|512):[0-9a-f]{64,128})+")

_INDEX = (
    "a workflow does not choose the package index; set it for yourself or your machine, in UV_DEFAULT_INDEX or uv.toml"
)
_FETCHED = "only packages of the index are locked by version and hash; name one, for example `requests>=2.32`"
_OPTIONS = {
    ("-i", "--index-url", "--extra-index-url", "--pypi-url", "--no-index", "--trusted-host"): ("an index line", _INDEX),
    ("-f", "--find-links"): ("a find-links line", _INDEX),
    ("-e", "--editable"): ("an editable install", "put the code into the workflow's folder, where nodes can import it"),
}


def refusal(text: str) -> tuple[str, str] | None:
    """What is wrong with a requirement (PEP 508) and what would be right, or None for one that is accepted."""
    requirement, dash, hashes = text.partition(" --")
    if dash and not _HASHES.fullmatch(f" --{hashes}"):
        return "options of a requirement other than --hash are not accepted", "remove them"
    matched = _REQUIREMENT.fullmatch(requirement.strip())
    if matched and not _ARCHIVE.search(matched[1]):
        return None
    if re.search(r"\b(git|hg|svn|bzr)\+", text):
        return "a version-control address is not accepted", _FETCHED
    if "://" in text or re.search(r"@\s*\S+:", text):
        return "an address is not accepted", _FETCHED
    if re.match(r"[./~\\]", text) or "/" in text or _ARCHIVE.search(requirement.split(";")[0].strip()):
        return "a path is not accepted", "put the code into the workflow's folder, where nodes can import it"
    return "this is not a requirement", "write a name and versions, for example `requests>=2.32`"


def option_refusal(option: str) -> tuple[str, str]:
    """Why a line of requirements.txt that begins with this option is not accepted."""
    for names, (what, remedy) in _OPTIONS.items():
        if option in names:
            return f"{what} is not accepted", remedy
    return f"the option {option} is not accepted", "remove it"
