import type { Context } from "pipedreamer";

export default async function run(ctx: Context, input: { summary: string }): Promise<{ sent: boolean }> {
  const { webhook_url } = ctx.secrets.slack ?? {};
  if (webhook_url) {
    await fetch(webhook_url, { method: "POST", body: JSON.stringify({ text: input.summary }) });
  }
  ctx.log.info("Digest:", input.summary);
  return { sent: true };
}
