/** Asks Hacker News for the stories on its front pages. */

import type { Context } from "pipedreamer";
import type { Story } from "./story.ts";

interface Item extends Partial<Story> {
  id: number;
  type: string;
  dead?: boolean;
}

export default async function run(ctx: Context, _input: unknown): Promise<Story[]> {
  const ids = await get<number[]>(ctx, "topstories.json");
  const asked = ids.slice(0, ctx.config.looked_at).map((id) => get<Item | null>(ctx, `item/${id}.json`));
  const stories = (await Promise.all(asked)).flatMap((item) => story(item));
  ctx.log.info(`${stories.length} stories`);
  return stories;
}

/** Jobs and polls are left out, and what was removed: of that there is `null`. */
function story(item: Item | null): Story[] {
  if (item === null || item.type !== "story" || item.dead || item.title === undefined) return [];
  const { id, title, url, score = 0, descendants = 0 } = item;
  return [{ id, title, url, score, descendants }];
}

async function get<T>(ctx: Context, path: string): Promise<T> {
  const url = `${ctx.config.hn_url}/${path}`;
  const answer = await ctx.fetch("hacker-news", url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return await answer.json();
}
