"""Writes the summary into the log and, where there is a secret webhook.url, posts it there."""

from typing import TypedDict

from pipedreamer import Context


class Summary(TypedDict):
    text: str


async def run(ctx: Context, input: Summary) -> dict[str, bool]:
    ctx.log.info(input["text"])
    url = ctx.secrets.get("webhook", {}).get("url")
    if url is None:
        return {"sent": False}
    # {"text": ...} is what Slack, Mattermost, Rocket.Chat and Google Chat take.
    answer = await ctx.fetch("webhook", url, json={"text": input["text"]})
    if not answer.ok:
        raise RuntimeError(f"the webhook answered {answer.status}: {(await answer.text())[:200]}")
    return {"sent": True}
