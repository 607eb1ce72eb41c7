import type { Context } from "pipedreamer";

const WORD = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;

export default async function run(_: Context, input: { text: string }) {
  return { words: input.text.toLowerCase().match(WORD) ?? [] };
}
