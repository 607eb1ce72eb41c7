/** Attempts where nothing is locked: `unlocked.ts make`, with a line `[name, world]` for each on standard input.
 *
 * Without `make` it prints what there is to try.
 */

import { createInterface } from "node:readline";
import { catalogue, perform } from "./attempts/perform.ts";

const say = (...words: string[]) => Deno.stdout.writeSync(new TextEncoder().encode(words.join("")));

if (Deno.args[0] === "make") {
  for await (const line of createInterface({ input: process.stdin })) {
    const [name, world] = JSON.parse(line);
    say("\nsaid ", JSON.stringify(await perform(name, world)), "\n");
  }
} else say(JSON.stringify(catalogue()));
