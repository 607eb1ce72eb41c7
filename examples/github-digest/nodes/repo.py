"""What the digest keeps of a repository."""

import msgspec


class Repo(msgspec.Struct):
    """GitHub sends about a hundred fields; these are passed on, under the names that GitHub gives them."""

    full_name: str
    private: bool = False
    language: str | None = None
    stargazers_count: int = 0
    open_issues_count: int = 0
    pushed_at: str | None = None
