/** Asks Vercel for the newest preview of each branch. */

import type { Context } from "pipedreamer";
import type { Preview } from "./types.ts";

interface Deployment {
  url: string;
  state: string;
  meta?: { githubCommitRef?: string };
}

export default async function run(ctx: Context, _input: unknown): Promise<Preview[]> {
  const query = new URLSearchParams({ app: ctx.config.project, target: "preview", limit: "100" });
  const answer = await ctx.fetch("vercel", `${ctx.config.vercel_url ?? ""}/v6/deployments?${query}`);
  if (!answer.ok) throw new Error(`Vercel answered ${answer.status} for ${ctx.config.project}`);
  const { deployments }: { deployments: Deployment[] } = await answer.json();
  const newest = new Map<string, Preview>();
  for (const { url, state, meta } of deployments) { // the newest first
    const branch = meta?.githubCommitRef;
    if (branch && !newest.has(branch)) newest.set(branch, { branch, url: `https://${url}`, state });
  }
  return [...newest.values()];
}
