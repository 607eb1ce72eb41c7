/** Turns stories into Markdown. */

import type { Context } from "pipedreamer";
import type { Story } from "./story.ts";

interface Digest {
  stories: number;
  text: string;
}

export default async function run(_ctx: Context, input: Story[]): Promise<Digest> {
  const lines = input.map((story) => {
    const talk = `https://news.ycombinator.com/item?id=${story.id}`;
    const title = story.title.replace(/[[\]]/g, "\\$&");
    return `- [${title}](${story.url ?? talk}), ${story.score} points, [${story.descendants} comments](${talk})`;
  });
  return { stories: input.length, text: lines.join("\n") || "Nothing to read today." };
}
