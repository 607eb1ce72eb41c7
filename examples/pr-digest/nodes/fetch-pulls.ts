/** Asks GitHub for the open pull requests of `config.repository`, the oldest first. */

import type { Context } from "pipedreamer";
import type { Pull } from "./types.ts";

/** Of some eighty fields, those that are looked at. */
interface GitHubPull {
  number: number;
  title: string;
  html_url: string;
  draft?: boolean;
  user: { login: string } | null;
  head: { ref: string };
  requested_reviewers?: { login: string }[];
}

export default async function run(ctx: Context, _input: unknown): Promise<Pull[]> {
  if (!ctx.secrets.github?.token) throw new Error("there is no secret github.token (README.md says where it goes)");
  // `github` stands for https://api.github.com; a GitHub of one's own has another address.
  const path = `/repos/${ctx.config.repository}/pulls?state=open&sort=created&direction=asc&per_page=100`;
  const answer = await ctx.fetch("github", (ctx.config.github_url ?? "") + path, {
    headers: { Accept: "application/vnd.github+json" },
  });
  if (!answer.ok) throw new Error(`GitHub answered ${answer.status} for ${ctx.config.repository}`);
  const pulls: GitHubPull[] = await answer.json();
  ctx.log.info(`${pulls.length} open pull requests`);
  return pulls.map((pull) => ({
    number: pull.number,
    title: pull.title,
    author: pull.user?.login ?? "somebody who left",
    branch: pull.head.ref,
    url: pull.html_url,
    draft: pull.draft ?? false,
    reviewers: (pull.requested_reviewers ?? []).map((reviewer) => reviewer.login),
  }));
}
