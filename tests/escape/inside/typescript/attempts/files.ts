/** Reading what was not granted. */

import * as fs from "node:fs";
import { createRequire } from "node:module";
import { anyOf, loot, type World } from "./attempt.ts";

const url = (path: string) => new URL(`file://${path}`).href;

export const readPasswords = () => Deno.readTextFile("/etc/passwd");

export const readShadow = () => Deno.readTextFileSync("/etc/shadow");

export async function readDirectly(world: World) {
  return loot(await Deno.readTextFile(world.secret));
}

export async function readByOpening(world: World) {
  using file = await Deno.open(world.secret, { read: true });
  return loot(await new Response(file.readable).text());
}

export function readForWriting(world: World) {
  using file = Deno.openSync(world.secret, { read: true, write: true });
  const room = new Uint8Array(100);
  file.readSync(room);
  return loot(room);
}

export function readOfNode(world: World) {
  return loot(fs.readFileSync(world.secret, "latin1"));
}

export async function readOfNodeByPromise(world: World) {
  return loot(await fs.promises.readFile(world.secret, "latin1"));
}

export async function readByStream(world: World) {
  let read = "";
  for await (const part of fs.createReadStream(world.secret)) read += part;
  return loot(read);
}

export function readByDescriptor(world: World) {
  const room = new Uint8Array(100);
  fs.readSync(fs.openSync(world.secret, "r"), room);
  return loot(room);
}

export async function readAsBlob(world: World) {
  return loot(await (await fs.openAsBlob(world.secret)).text());
}

export async function readByFetch(world: World) {
  return loot(await (await fetch(url(world.secret))).text());
}

/** A file that is no module is quoted in the error. */
export async function readByImport(world: World) {
  const copy = `${world.outside}/module.ts`;
  return loot(
    await anyOf(
      () => import(url(world.secret)).then(() => "imported"),
      () => import(url(copy)).then((made) => made.default),
      () => import(url(world.secret), { with: { type: "json" } }).then((made) => made.default),
    ),
  );
}

export async function readByImportAsText(world: World) {
  return loot((await import(url(world.secret), { with: { type: "text" } })).default);
}

export async function readByImportAsBytes(world: World) {
  return loot((await import(url(world.secret), { with: { type: "bytes" } })).default);
}

export function readByRequire(world: World) {
  const require = createRequire(url(`${world.scratch}/here.js`));
  return loot(require(`${world.outside}/data.json`).value);
}

export async function readByAnImportThatComputes(world: World) {
  const path = `${world.scratch}/reads.ts`;
  await Deno.writeTextFile(path, `export default Deno.readTextFileSync(${JSON.stringify(world.secret)});`);
  return loot((await import(url(path))).default);
}

export function readByLink(world: World) {
  const link = `${world.scratch}/a-link`;
  Deno.symlinkSync(world.secret, link);
  return loot(Deno.readTextFileSync(link));
}

export function readByLinkOfNode(world: World) {
  const link = `${world.scratch}/a-link-of-node`;
  fs.symlinkSync(world.outside, link);
  return loot(fs.readFileSync(`${link}/secret`, "latin1"));
}

export function readByHardLink(world: World) {
  Deno.linkSync(world.secret, `${world.scratch}/hard`);
  return loot(Deno.readTextFileSync(`${world.scratch}/hard`));
}

export function readByRename(world: World) {
  Deno.renameSync(world.secret, `${world.scratch}/taken`);
  return loot(Deno.readTextFileSync(`${world.scratch}/taken`));
}

export async function readByCopy(world: World) {
  const copy = `${world.scratch}/copy`;
  return loot(
    await anyOf(
      () => (Deno.copyFileSync(world.secret, copy), Deno.readTextFileSync(copy)),
      () => (fs.cpSync(world.outside, `${copy}-all`, { recursive: true }), Deno.readTextFileSync(`${copy}-all/secret`)),
    ),
  );
}

export async function readByDots(world: World) {
  const up = "/..".repeat(20);
  return loot(
    await anyOf(
      () => Deno.readTextFileSync(`${world.root}/nodes/../..${up}${world.secret}`),
      () => Deno.readTextFileSync(`../outside/secret`),
      () => Deno.readTextFileSync(`/tmp${up}${world.secret}`),
      () => Deno.readTextFileSync(new URL(`file://${world.root}/%2e%2e/outside/secret`)),
      () => Deno.readTextFileSync(`/${world.secret}`),
    ),
  );
}

export function readAfterMoving(world: World) {
  const here = Deno.cwd();
  Deno.chdir(world.outside);
  try {
    return loot(Deno.readTextFileSync("secret"));
  } finally {
    Deno.chdir(here);
  }
}

export async function readByProc(world: World) {
  const ways = ["self", "thread-self", ...world.everybody];
  return loot(await anyOf(...ways.map((way) => () => Deno.readTextFileSync(`/proc/${way}/root${world.secret}`))));
}

export async function readByDatabase(world: World) {
  const { DatabaseSync } = await import("node:sqlite");
  const path = `${world.outside}/data.db`;
  return loot(
    await anyOf(
      () => JSON.stringify(new DatabaseSync(path).prepare("select * from held").all()),
      () => {
        const mine = new DatabaseSync(":memory:");
        mine.exec(`attach '${path}' as theirs`);
        return JSON.stringify(mine.prepare("select * from theirs.held").all());
      },
    ),
  );
}

/** The module has a memory and no more: it is this code that calls what a module could. */
export async function readByWasi(world: World) {
  const { WASI } = await import("node:wasi");
  const made = new WASI({ version: "preview1", preopens: { "/": "/" } });
  const memory = [5, 3, 1, 0, 1, 7, 10, 1, 6, 109, 101, 109, 111, 114, 121, 2, 0];
  const { instance } = await WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, ...memory]));
  made.initialize(instance);
  const held = new DataView((instance.exports.memory as WebAssembly.Memory).buffer);
  const path = new TextEncoder().encode(world.secret.slice(1));
  new Uint8Array(held.buffer).set(path, 1024);
  const { path_open, fd_read } = made.wasiImport as Record<string, (...words: unknown[]) => number>;
  const refused = path_open(3, 0, 1024, path.length, 0, 2n, 0n, 0, 8);
  if (refused) throw new Error(`path_open gave ${refused}`);
  held.setUint32(16, 2048, true);
  held.setUint32(20, 100, true);
  fd_read(held.getUint32(8, true), 16, 1, 24);
  return loot(new Uint8Array(held.buffer).slice(2048, 2148));
}

export const watchOutside = async (world: World) => {
  const watched = Deno.watchFs(world.outside);
  setTimeout(() => watched.close(), 100);
  for await (const event of watched) return event.kind;
  return `watches ${world.outside}`;
};

export function watchOfNode(world: World) {
  const watched = fs.watch(world.outside);
  return new Promise<string>((done, failed) => {
    watched.on("error", failed);
    watched.on("change", () => done(`watches ${world.outside}`));
    setTimeout(() => fs.writeFileSync(`${world.outside}/seen`, ""), 100);
  }).finally(() => watched.close());
}

export function listOutside(world: World) {
  return [...Deno.readDirSync(world.outside)].map((entry) => entry.name).join(" ");
}

export function listOfNode(world: World) {
  return anyOf(
    () => fs.readdirSync(world.outside).join(" "),
    () => fs.opendirSync(world.outside).readSync()?.name,
    () => fs.globSync(`${world.outside}/*`).join(" "),
  );
}

export function listTheFolderAbove(world: World) {
  const above = world.root.slice(0, world.root.lastIndexOf("/"));
  return [...Deno.readDirSync(above)].map((entry) => entry.name).filter((name) => name !== "flow").join(" ");
}

/** In a jail: no name at the root that was not granted. */
export function listTheRoot(world: World) {
  const names = [...Deno.readDirSync("/")].map((entry) => entry.name);
  return names.filter((name) => !world.visible.includes(name)).join(" ");
}

export function listSystemFolders() {
  const list = (path: string) => () => [...Deno.readDirSync(path)].map((entry) => entry.name).join(" ");
  return anyOf(...["/etc/cron.d", "/home", "/root", "/var/lib", "/boot", "/sys", "/.proc"].map(list));
}

export function readTheEnginesCode(world: World) {
  const files = world.locked ? world.code_files.slice(1, 3) : world.code_files;
  return anyOf(...files.map((path) => () => Deno.readTextFileSync(path)));
}

export function seeProc() {
  const names = ["version", "self/status", "self/mountinfo", "self/cmdline", "self/stat", "cpuinfo", "meminfo"];
  const places = names.flatMap((name) => [`/proc/${name}`, `/.proc/${name}`]);
  return anyOf(...places.map((path) => () => Deno.readTextFileSync(path)));
}

export function seeSys() {
  return anyOf(...["/sys/kernel", "/sys/class", "/proc/self/task"].map((path) => () => fs.readdirSync(path).join(" ")));
}

export function openDevices() {
  const names = ["mem", "kmsg", "vda", "sda", "fuse", "kvm", "tty", "ptmx", "loop-control", "shm", "zero", "full"];
  return anyOf(...names.map((name) => () => (Deno.openSync(`/dev/${name}`).close(), name)));
}

/** None may mean a file or a folder that was not opened here. */
export function descriptorsLeftOpen() {
  const odd: string[] = [];
  for (let held = 3; held < 256; held++) {
    try {
      const found = fs.fstatSync(held);
      if (found.isFile() || found.isDirectory() || found.isBlockDevice()) odd.push(`${held} is a file`);
    } catch { /* it is none */ }
  }
  return odd.join(" ");
}
descriptorsLeftOpen.unproven = "only a process made by the engine could hold the engine's descriptors";
