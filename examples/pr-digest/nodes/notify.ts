/** Posts the summary to Slack, where there is something to say. */

import type { Context } from "pipedreamer";

const SLACK = "https://slack.com/api";

export default async function run(ctx: Context, input: { open: number; text: string }): Promise<{ sent: boolean }> {
  if (input.open === 0) return { sent: false };
  const answer = await ctx.fetch("slack", `${ctx.config.slack_url ?? SLACK}/chat.postMessage`, {
    method: "POST",
    headers: { "Content-Type": "application/json; charset=utf-8" },
    body: JSON.stringify({ channel: ctx.config.channel, text: input.text, unfurl_links: false }),
  });
  if (!answer.ok) throw new Error(`Slack answered ${answer.status}`);
  const { ok, error }: { ok: boolean; error?: string } = await answer.json(); // a refusal is status 200, too
  if (!ok) throw new Error(`Slack did not take the message: ${error}`);
  return { sent: true };
}
