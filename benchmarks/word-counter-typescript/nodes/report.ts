import type { Context } from "pipedreamer";

export default async function run(ctx: Context, input: { words: string[] }) {
  const counts = new Map<string, number>();
  for (const word of input.words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const ranked = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return {
    totalWords: input.words.length,
    uniqueWords: counts.size,
    top: ranked.slice(0, ctx.config.top).map(([word, count]) => ({ word, count })),
  };
}
