import type { Context } from "pipedreamer";

interface Output {
  repos: unknown;
}

export default async function run(ctx: Context, _input: unknown): Promise<Output> {
  const response = await ctx.fetch("github", "/user/repos");
  if (!response.ok) {
    throw new Error(`GitHub API error: ${response.status} ${response.statusText}`);
  }
  const repos = await response.json();
  ctx.log.info("Fetched repos", { count: Array.isArray(repos) ? repos.length : 0 });
  return { repos };
}
