import type { Context } from "pipedreamer";

interface Repo {
  name: string;
  stargazers_count: number;
}

export default async function run(ctx: Context, input: { repos: Repo[] }): Promise<{ summary: string }> {
  const repos = Array.isArray(input.repos) ? input.repos : [];
  ctx.log.debug(`Summarizing ${repos.length} repos`);
  const lines = repos.map((repo) => `${repo.name}: ${repo.stargazers_count}`);
  return { summary: lines.join("\n") };
}
