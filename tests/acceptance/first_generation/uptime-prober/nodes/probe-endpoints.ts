import type { Context } from "pipedreamer";

interface Probe {
  url: string;
  ok: boolean;
}

export default async function run(ctx: Context, input: { trigger?: string }): Promise<{ results: Probe[] }> {
  const endpoints = ctx.config.endpoints as string[];
  ctx.log.info("trigger:", input.trigger ?? "none");
  const results = await Promise.all(endpoints.map(async (url) => {
    try {
      const response = await ctx.fetch("endpoint", url);
      await response.body?.cancel();
      return { url, ok: response.ok };
    } catch (error) {
      ctx.log.warn(`${url} is down`, (error as Error).message);
      return { url, ok: false };
    }
  }));
  return { results };
}
