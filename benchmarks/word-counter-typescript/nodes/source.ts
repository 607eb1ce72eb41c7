import type { Context } from "pipedreamer";

const SAMPLE = "Peter Piper picked a peck of pickled peppers.";

export default async function run(_: Context, input: { text?: string; body?: string }) {
  return { text: input.text ?? input.body ?? SAMPLE };
}
