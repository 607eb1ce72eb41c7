"""Turns repositories into a text that fits into a chat."""

from collections import Counter
from typing import TypedDict

from pipedreamer import Context

from .repo import Repo


class Summary(TypedDict):
    text: str
    repos: int
    stars: int
    openIssues: int


async def run(ctx: Context, input: list[Repo]) -> Summary:
    stars = sum(repo.stargazers_count for repo in input)
    issues = sum(repo.open_issues_count for repo in input)
    languages = Counter(repo.language for repo in input if repo.language)
    lines = [f"{len(input)} repositories, {stars} stars, {issues} open issues"]
    if languages:
        lines.append("Mostly " + ", ".join(name for name, _ in languages.most_common(3)))
    recent = [repo for repo in input if repo.pushed_at][: ctx.config["listed"]]
    lines += [f"- {repo.full_name}, last push {(repo.pushed_at or '')[:10]}" for repo in recent]
    return {"text": "\n".join(lines), "repos": len(input), "stars": stars, "openIssues": issues}
