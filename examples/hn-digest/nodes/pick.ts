/** Picks what to read: stories on the topics of the config, then those with the most points. */

import type { Context } from "pipedreamer";
import type { Story } from "./story.ts";

export default async function run(ctx: Context, input: Story[]): Promise<Story[]> {
  const { listed, min_score, topics } = ctx.config;
  const isOnTopic = (story: Story) => topics.some((topic: string) => words(story.title).has(topic));
  const picked = input.filter((story) => story.score >= min_score || isOnTopic(story));
  ctx.log.debug("left out", input.length - picked.length);
  return picked
    .sort((a, b) => Number(isOnTopic(b)) - Number(isOnTopic(a)) || b.score - a.score)
    .slice(0, listed);
}

function words(title: string): Set<string> {
  return new Set(title.toLowerCase().match(/[\p{L}\p{N}]+/gu));
}
