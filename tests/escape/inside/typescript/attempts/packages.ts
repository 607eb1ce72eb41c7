/** What a package of npm tries when it is imported and when it is called. */

import { loot, type World } from "./attempt.ts";

// deno-lint-ignore no-import-prefix -- the workflow has no deno.json
const grabby = () => import("npm:grabby@1");

export const onImport = async () => loot(JSON.stringify((await grabby()).seen));

export const files = async (world: World) => loot(await (await grabby()).files(world));

export const environment = async () => loot((await grabby()).environment());

export const programs = async () => (await grabby()).programs();

export const network = async (world: World) => (await grabby()).network(world);

export const writes = async (world: World) => (await grabby()).writes(world);

/** One that is not locked, by a name that is not seen beforehand. */
export async function another() {
  const name = ["npm", "left-pad"].join(":");
  return `imported ${Object.keys(await import(name))}`;
}
another.unproven = "nothing is fetched in Deno that has --cached-only";
