/** Entries of the workflow's own folder whose names begin with a dot: secrets, history. */

import * as fs from "node:fs";
import { anyOf, loot, type World } from "./attempt.ts";

export async function readSecrets(world: World) {
  return loot(await anyOf(...world.dotted.map((name) => () => Deno.readTextFileSync(name))));
}

export async function readOfNode(world: World) {
  return loot(await anyOf(...world.dotted.map((name) => () => fs.readFileSync(`${world.root}/${name}`, "latin1"))));
}

export async function readByTheAuthorsLink(world: World) {
  const links = ["visible/key", "data/link.yaml"];
  return loot(await anyOf(...links.map((name) => () => Deno.readTextFileSync(`${world.root}/${name}`))));
}

export async function readByImport(world: World) {
  const secrets = `${world.root}/.secrets`;
  return loot(
    await anyOf(
      () => import(`file://${secrets}/key`).then(() => ""),
      () => import(`file://${secrets}.yaml`, { with: { type: "json" } }).then(() => ""),
      () => import(`file://${secrets}/key`, { with: { type: "text" } }).then((made) => made.default),
    ),
  );
}

export async function readByFetch(world: World) {
  return loot(await (await fetch(`file://${world.root}/.secrets/key`)).text());
}

export function readByOwnLink(world: World) {
  Deno.symlinkSync(`${world.root}/.secrets`, `${world.scratch}/dotted-link`);
  return loot(Deno.readTextFileSync(`${world.scratch}/dotted-link/key`));
}

export function readByOwnHardLink(world: World) {
  Deno.linkSync(`${world.root}/.secrets.yaml`, `${world.scratch}/dotted-hard`);
  return loot(Deno.readTextFileSync(`${world.scratch}/dotted-hard`));
}

export function readByRename(world: World) {
  Deno.renameSync(`${world.root}/.secrets`, `${world.scratch}/dotted-moved`);
  return loot(Deno.readTextFileSync(`${world.scratch}/dotted-moved/key`));
}

export function readFromWithin(world: World) {
  const here = Deno.cwd();
  Deno.chdir(`${world.root}/.secrets`);
  try {
    return loot(Deno.readTextFileSync("key"));
  } finally {
    Deno.chdir(here);
  }
}

export function readByDots(world: World) {
  return loot(Deno.readTextFileSync(`${world.root}/nodes/../.secrets/../.secrets/key`));
}

export function listNames(world: World) {
  const list = (name: string) => () =>
    [...Deno.readDirSync(`${world.root}/${name}`)].map((entry) => entry.name).join(" ");
  return anyOf(...[".secrets", ".git"].map(list));
}

export async function change(world: World) {
  await anyOf(...world.dotted.map((name) => () => Deno.writeTextFileSync(`${world.root}/${name}`, "changed")));
}

export async function remove(world: World) {
  await anyOf(...world.dotted.map((name) => () => Deno.removeSync(`${world.root}/${name}`)));
}
