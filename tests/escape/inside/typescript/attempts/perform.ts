/** Making an attempt.
 *
 * What it does to others is not believed but looked at from outside.
 */

import type { Attempt, Marks, World } from "./attempt.ts";
import * as bombs from "./bombs.ts";
import * as dotted from "./dotted.ts";
import * as endless from "./endless.ts";
import * as environment from "./environment.ts";
import * as files from "./files.ts";
import * as grants from "./grants.ts";
import * as network from "./network.ts";
import * as packages from "./packages.ts";
import * as processes from "./processes.ts";
import * as prototypes from "./prototypes.ts";
import * as raw from "./raw.ts";
import * as wire from "./wire.ts";
import * as workers from "./workers.ts";
import * as writing from "./writing.ts";

const MODULES: Record<string, Record<string, Attempt>> = {
  files,
  writing,
  dotted,
  environment,
  processes,
  raw,
  workers,
  packages,
  network,
  bombs,
  endless,
  wire,
  prototypes,
  grants,
};

/** What a node of this workflow is told to do. */
export interface Order {
  readonly node: string;
  readonly attempt: string;
  readonly world: World;
}

interface Said {
  readonly got: string;
  readonly loot: string;
  readonly how: string;
}

/** All attempts, with the notes on them. */
export function catalogue(): Record<string, Marks> {
  const found: Record<string, Marks> = {};
  for (const [module, functions] of Object.entries(MODULES)) {
    for (const [name, attempt] of Object.entries(functions)) found[`${module}.${name}`] = { ...attempt };
  }
  return found;
}

/** Make one: `got` is what it says it got, `loot` what it read, `how` why it got nothing. */
export async function perform(name: string, world: World): Promise<Said> {
  const [module, attempt] = name.split(".");
  const others = (pids: readonly number[]) => pids.filter((pid) => pid !== Deno.pid);
  try {
    const found = { ...world, others: others(world.others), everybody: others(world.everybody) };
    const got = await MODULES[module][attempt](found);
    if (typeof got === "object") return { got: "", loot: got.loot, how: `${got.loot.length} characters` };
    return { got: got ?? "", loot: "", how: "nothing" };
  } catch (error) {
    return { got: "", loot: "", how: String(error) };
  }
}
