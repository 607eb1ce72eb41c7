"""Asks GitHub for the repositories of whoever `github.token` belongs to, those last pushed to first."""

from typing import Any

import msgspec

from pipedreamer import Context, Response

from .repo import Repo

PATH = "/user/repos?sort=pushed&per_page=100"


async def run(ctx: Context, input: dict[str, Any]) -> list[Repo]:
    if "token" not in ctx.secrets.get("github", {}):
        raise LookupError("there is no secret github.token: put one into .secrets.yaml (README.md says how)")
    # `github` stands for https://api.github.com; a GitHub of one's own has another address.
    answer = await ctx.fetch("github", ctx.config.get("github_url", "") + PATH)
    if not answer.ok:
        raise RuntimeError(await refusal(answer))
    repos = msgspec.convert(await answer.json(), list[Repo])
    ctx.log.info(f"{len(repos)} repositories")
    return repos


async def refusal(answer: Response) -> str:
    """Why GitHub did not answer with repositories, and what helps."""
    if answer.status == 401:
        return "GitHub does not know the token: make a new one and put it into the secret github.token"
    if answer.headers.get("x-ratelimit-remaining") == "0":
        return f"GitHub takes no more requests with this token until {answer.headers['x-ratelimit-reset']} (Unix time)"
    return f"GitHub answered {answer.status}: {(await answer.text())[:200]}"
