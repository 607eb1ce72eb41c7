/** What can be made of a folder that may be written to and one that may be read, beyond just that. */

import * as fs from "node:fs";
import { anyOf, loot, type World } from "./attempt.ts";
import { memoryOfOthers } from "./environment.ts";
import { overwrite, poisonBesideWhatRuns, poisonWhatRuns } from "./writing.ts";

export async function writeToWhatMayBeRead(world: World) {
  await anyOf(
    () => Deno.writeTextFileSync(`${world.readable}/created`, "x"),
    () => Deno.mkdirSync(`${world.readable}/made`),
  );
}

export async function writeToAMountBelow(world: World) {
  await anyOf(
    () => Deno.writeTextFileSync(`${world.readable}/nested/created`, "x"),
    () => Deno.chmodSync(`${world.readable}/nested`, 0o700),
  );
}

export function writeToAPipe(world: World) {
  const held = fs.openSync(`${world.readable}/pipe`, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
  fs.writeSync(held, world.word);
}

export async function connectToASocket(world: World) {
  (await Deno.connect({ transport: "unix", path: `${world.readable}/socket` })).close();
}

export const readBesideByDots = (world: World) => loot(Deno.readTextFileSync(`${world.readable}/../outside/secret`));

export function readByALinkInTheWritable(world: World) {
  Deno.symlinkSync(world.secret, `${world.writable}/link`);
  return loot(Deno.readTextFileSync(`${world.writable}/link`));
}

export function writeByALinkInTheWritable(world: World) {
  Deno.symlinkSync(world.secret, `${world.writable}/link-to-write`);
  Deno.writeTextFileSync(`${world.writable}/link-to-write`, "changed");
}

export function linkWhatIsOutside(world: World) {
  Deno.linkSync(world.secret, `${world.writable}/hard`);
  return loot(Deno.readTextFileSync(`${world.writable}/hard`));
}

export function renameWhatIsOutside(world: World) {
  Deno.renameSync(world.secret, `${world.writable}/renamed`);
  return loot(Deno.readTextFileSync(`${world.writable}/renamed`));
}

export async function replaceTheGrantedFolder(world: World) {
  await anyOf(
    () => Deno.renameSync(world.writable, `${world.writable}-away`),
    () => Deno.renameSync(world.readable, `${world.readable}-away`),
  );
}

function acting(path: string): string {
  const mode = fs.statSync(path).mode & 0o6000;
  return mode ? `${path} has ${mode.toString(8)}` : "";
}

export async function makeAFileThatActsAsItsOwner(world: World) {
  const path = `${world.writable}/acts`;
  Deno.writeTextFileSync(path, "x");
  await anyOf(() => fs.chmodSync(path, 0o4755), () => fs.chmodSync(path, 0o2755));
  return acting(path);
}

export function createAFileThatActsAsItsOwner(world: World) {
  const path = `${world.writable}/born`;
  process.umask(0);
  fs.closeSync(fs.openSync(path, "w", 0o6755));
  return acting(path);
}

createAFileThatActsAsItsOwner.unproven = "Deno gives files the nine common bits and no more";

export function giveAFileAway(world: World) {
  const path = `${world.writable}/given`;
  Deno.writeTextFileSync(path, "x");
  Deno.chownSync(path, 12345, 12345);
  return `belongs to ${Deno.statSync(path).uid}`;
}

/** With a folder to write to, workers of a root engine may write to whatever is root's: the lock alone is left. */
export const poisonAsWhoMayWrite = (world: World) =>
  anyOf(() => poisonWhatRuns(world), () => poisonBesideWhatRuns(world));

export const overwriteAsWhoMayWrite = (world: World) => overwrite(world);

export const memoryAsWhoMayWrite = (world: World) => memoryOfOthers(world);

export async function dottedAsWhoMayWrite(world: World) {
  return loot(await anyOf(...world.dotted.map((name) => () => Deno.readTextFileSync(`${world.root}/${name}`))));
}
