/** Changing what was not granted: the files outside are open to everybody, so that only the lock can hold. */

import * as fs from "node:fs";
import * as v8 from "node:v8";
import { anyOf, type World } from "./attempt.ts";

const TEXT = "changed";

export const overwrite = (world: World) => Deno.writeTextFile(world.secret, TEXT);

export const append = (world: World) => Deno.writeTextFileSync(world.secret, TEXT, { append: true });

export function overwriteInPlace(world: World) {
  using file = Deno.openSync(world.secret, { write: true });
  file.writeSync(new TextEncoder().encode(TEXT));
}

export const cutOnOpening = (world: World) => Deno.openSync(world.secret, { write: true, truncate: true }).close();

export const cutByPath = (world: World) => Deno.truncate(world.secret, 1);

export const overwriteOfNode = (world: World) => fs.writeFileSync(world.secret, TEXT);

export function overwriteByStream(world: World) {
  return new Promise<void>((done, failed) => {
    fs.createWriteStream(world.secret).on("error", failed).end(TEXT, () => done());
  });
}

export const cutOfNode = (world: World) => fs.promises.truncate(world.secret, 1);

export const create = (world: World) => Deno.writeTextFileSync(`${world.outside}/created`, TEXT);

export const createExclusively = (world: World) =>
  Deno.openSync(`${world.outside}/created`, { createNew: true, write: true }).close();

export const createTemporarily = (world: World) => `made ${Deno.makeTempFileSync({ dir: world.outside })}`;

export const createAFolderTemporarily = (world: World) => `made ${fs.mkdtempSync(`${world.outside}/made-`)}`;

export async function createBesideTheNodes(world: World) {
  const names = ["deno.json", "deno.lock", "import_map.json", "node_modules", "nodes/attempts.ts"];
  await anyOf(...names.map((name) => () => Deno.writeTextFileSync(`${world.root}/${name}`, "{}")));
}

export const makeAFolder = (world: World) => Deno.mkdirSync(`${world.outside}/made`);

export const makeALink = (world: World) => Deno.symlinkSync("/etc", `${world.outside}/made`);

export const makeAHardLink = (world: World) => Deno.linkSync(world.secret, `${world.outside}/hard`);

export const makeADatabase = async (world: World) => {
  const { DatabaseSync } = await import("node:sqlite");
  new DatabaseSync(`${world.outside}/made.db`).exec("create table made (value)");
};

export const makeAStore = async (world: World) => {
  const { openKv } = Deno as unknown as { openKv(path: string): Promise<{ close(): void }> };
  const store = await openKv(`${world.outside}/made.kv`);
  store.close();
};

export const writeTheHeap = (world: World) => `wrote ${v8.writeHeapSnapshot(`${world.outside}/heap`)}`;
writeTheHeap.unproven = "not every Deno has it";

export const copyInto = (world: World) => {
  Deno.writeTextFileSync(`${world.scratch}/mine`, TEXT);
  Deno.copyFileSync(`${world.scratch}/mine`, world.secret);
};

export const copyAFolderInto = (world: World) => {
  fs.mkdirSync(`${world.scratch}/folder`, { recursive: true });
  fs.writeFileSync(`${world.scratch}/folder/copied`, TEXT);
  fs.cpSync(`${world.scratch}/folder`, world.outside, { recursive: true });
};

export const remove = (world: World) => Deno.removeSync(world.secret);

export const removeAFolder = (world: World) => Deno.removeSync(`${world.outside}/empty`);

export const removeAll = (world: World) => fs.rmSync(world.outside, { recursive: true });

export const renameWithin = (world: World) => Deno.renameSync(world.secret, `${world.outside}/renamed`);

export async function renameOver(world: World) {
  Deno.writeTextFileSync(`${world.scratch}/mine`, TEXT);
  await anyOf(
    () => Deno.renameSync(`${world.scratch}/mine`, world.secret),
    () => Deno.renameSync(`${world.scratch}/mine`, `${world.root}/workflow.yaml`),
  );
}

export const replaceTheWorkflow = (world: World) => Deno.renameSync(world.root, `${world.root}-away`);

export async function replaceANode(world: World) {
  await anyOf(
    () => Deno.renameSync(`${world.root}/nodes`, `${world.root}/away`),
    () => Deno.removeSync(`${world.root}/nodes/slow.ts`),
    () => Deno.writeTextFileSync(`${world.root}/nodes/slow.ts`, ""),
  );
}

export const changeTheMode = (world: World) => Deno.chmodSync(world.secret, 0o777);

export const changeTheModeByDescriptor = (world: World) => fs.fchmodSync(fs.openSync(world.secret, "r"), 0o777);

export const changeTheOwner = (world: World) => Deno.chownSync(world.secret, null, 12345);

export const changeTheTimes = (world: World) => Deno.utimeSync(world.secret, 1, 1);

/** Files and folders that nodes do see, and may only read. */
function visible(world: World): string[] {
  const names = ["", "/workflow.yaml", "/nodes", "/nodes/slow.ts", "/attempts", "/attempts/files.ts"];
  return names.map((name) => world.root + name);
}

export async function changeTheModeOfWhatIsVisible(world: World) {
  await anyOf(...visible(world).map((path) => () => Deno.chmodSync(path, 0o700)));
}

export async function changeTheModeByDescriptorOfWhatIsVisible(world: World) {
  await anyOf(...visible(world).map((path) => () => fs.fchmodSync(fs.openSync(path, "r"), 0o700)));
}

export async function changeTheTimesOfWhatIsVisible(world: World) {
  await anyOf(...visible(world).map((path) => () => Deno.utimeSync(path, 1, 1)));
}

export async function changeTheOwnerOfWhatIsVisible(world: World) {
  await anyOf(...visible(world).map((path) => () => fs.chownSync(path, Deno.uid() ?? 0, 65534)));
}

export async function cutWhatIsVisible(world: World) {
  await anyOf(...visible(world).map((path) => () => fs.truncateSync(path, 1)));
}

/** A second name where one may write: were the file changed there, it would be changed here. */
export function linkWhatIsVisible(world: World) {
  Deno.linkSync(`${world.root}/nodes/slow.ts`, `${world.scratch}/second-name`);
  return "linked";
}

export function writeByALink(world: World) {
  Deno.symlinkSync(world.secret, `${world.scratch}/write-link`);
  Deno.writeTextFileSync(`${world.scratch}/write-link`, TEXT);
}

/** What the next worker, or the engine after a restart, would run. */
export async function poisonWhatRuns(world: World) {
  await anyOf(...world.code_files.map((path) => () => Deno.writeTextFileSync(path, "//", { append: true })));
}

export async function poisonBesideWhatRuns(world: World) {
  const folders = new Set(world.code_files.map((path) => path.slice(0, path.lastIndexOf("/"))));
  await anyOf(...[...folders].map((folder) => () => Deno.writeTextFileSync(`${folder}/planted.ts`, "//")));
}

export async function replaceWhatRuns(world: World) {
  Deno.writeTextFileSync(`${world.scratch}/mine`, TEXT);
  await anyOf(
    ...world.code_files.map((path) => () => Deno.renameSync(`${world.scratch}/mine`, path)),
    ...world.code_files.map((path) => () => Deno.removeSync(path)),
  );
}

export async function writeToProc() {
  const names = ["oom_score_adj", "uid_map", "setgroups", "attr/current", "coredump_filter", "comm"];
  return await anyOf(...names.map((name) => () => (Deno.writeTextFileSync(`/proc/self/${name}`, "0"), name)));
}
writeToProc.unproven = "/proc decides itself what root may write there";
