import type { Context } from "pipedreamer";

interface Input {
  results: { url: string; ok: boolean }[];
}

export default async function run(ctx: Context, input: Input): Promise<{ delivered: boolean }> {
  const slack = ctx.secrets.slack as { webhook_url?: string } | undefined;
  if (!slack?.webhook_url) {
    ctx.log.warn("no slack webhook configured");
    return { delivered: false };
  }
  const down = input.results.filter((result) => !result.ok);
  const text = down.length ? `DOWN: ${down.map((result) => result.url).join(", ")}` : "all up";
  const response = await ctx.fetch("slack", slack.webhook_url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text }),
  });
  return { delivered: response.ok };
}
