/** Taking more than a node may: memory, disk, threads, descriptors.
 *
 * Where the engine looks after a limit instead of the kernel it needs a moment, so an attempt counts as one that got out
 * only if it still stands some seconds after it took too much.
 */

import * as fs from "node:fs";
import { Worker as NodeWorker } from "node:worker_threads";
import { pause, type World } from "./attempt.ts";

const STEP = 4 << 20;
const MOMENT_MS = 5000;

async function stood(world: World, what: string): Promise<string> {
  if (world.locked) await pause(MOMENT_MS);
  return what;
}

/** Take memory until there is four times of what is allowed. */
async function taken(world: World, take: (size: number) => unknown): Promise<string> {
  const held: unknown[] = [];
  for (let i = 0; i < 4 * world.memory / STEP; i++) held.push(take(STEP));
  return await stood(world, `${held.length * STEP} bytes`);
}

export const buffers = (world: World) => taken(world, (size) => new Uint8Array(size).fill(1));

export const sharedBuffers = (world: World) =>
  taken(world, (size) => new Uint8Array(new SharedArrayBuffer(size)).fill(1));

export const buffersThatGrow = (world: World) =>
  taken(world, (size) => {
    const held = new ArrayBuffer(0, { maxByteLength: size });
    held.resize(size);
    return new Uint8Array(held).fill(1);
  });

export const buffersOfNode = (world: World) => taken(world, (size) => Buffer.alloc(size, 1));

export const memoryOfWebAssembly = (world: World) =>
  taken(world, (size) => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    memory.grow(size / 65536);
    return new Uint8Array(memory.buffer).fill(1);
  });

export const objects = (world: World) => taken(world, (size) => Array.from({ length: size / 64 }, (_, at) => ({ at })));

export const text = (world: World) =>
  taken(world, (size) => {
    let held = crypto.randomUUID();
    while (held.length < size) held += held;
    return (held.charCodeAt(held.length - 1), held);
  });

export async function blobs(world: World) {
  const held: Blob[] = [];
  for (let i = 0; i < 4 * world.memory / STEP; i++) held.push(new Blob([new Uint8Array(STEP).fill(i)]));
  return await stood(world, `${held.length} blobs`);
}

export async function disk(world: World) {
  for (let i = 0; i < 4; i++) Deno.writeFileSync(`${world.scratch}/disk-${i}`, new Uint8Array(world.scratch_size));
  return await stood(world, `${4 * world.scratch_size} bytes`);
}

export async function oneLargeFile(world: World) {
  using file = Deno.createSync(`${world.scratch}/large`);
  for (let i = 0; i < 2 * world.scratch_size / STEP; i++) file.writeSync(new Uint8Array(STEP));
  return await stood(world, `${2 * world.scratch_size} bytes`);
}

export async function filesWithoutNumber(world: World) {
  for (let folder = 0; folder < 20; folder++) {
    Deno.mkdirSync(`${world.scratch}/many-${folder}`);
    for (let i = 0; i < 1000; i++) fs.closeSync(fs.openSync(`${world.scratch}/many-${folder}/${i}`, "w"));
  }
  return await stood(world, "20,000 files");
}

/** Removed while they are open: nobody sees them any more. */
export async function filesWithoutNames(world: World) {
  const held: Deno.FsFile[] = [];
  for (let i = 0; i < 16; i++) {
    held.push(Deno.createSync(`${world.scratch}/nameless-${i}`));
    Deno.removeSync(`${world.scratch}/nameless-${i}`);
    held[i].writeSync(new Uint8Array(world.scratch_size / 4));
  }
  return await stood(world, `${held.length} files`);
}

export async function cacheOfTheWeb(world: World) {
  const cache = await caches.open("mine");
  await cache.put("http://x.test/", new Response(new Uint8Array(4 * world.scratch_size)));
  return await stood(world, "a cache");
}
cacheOfTheWeb.unproven = "its folder is the one of the modules";

export function descriptors(world: World) {
  const held = Array.from({ length: 1000 }, () => Deno.openSync(`${world.root}/workflow.yaml`));
  for (const file of held) file.close();
  return `${held.length} descriptors`;
}

export async function threads(world: World) {
  const held = Array.from({ length: 300 }, () => new NodeWorker("setInterval(() => {}, 1e6)", { eval: true }));
  for (const one of held) one.on("error", () => {});
  return await stood(world, `${held.length} threads`);
}
threads.unproven = "takes minutes to end";
