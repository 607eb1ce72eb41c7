/** Threads with JavaScript of their own, and other realms: do they have what the node has not got? */

import { runInNewContext, Script } from "node:vm";
import * as v8 from "node:v8";
import { Worker as NodeWorker } from "node:worker_threads";
import { anyOf, loot, within, type World } from "./attempt.ts";

const PATIENCE_MS = 3000;

const reading = (world: World) => `
  let said;
  try { said = Deno.readTextFileSync(${JSON.stringify(world.secret)}); } catch (error) { said = String(error); }
  self.postMessage(said);
`;

type Options = WorkerOptions & { deno?: { permissions: Deno.PermissionOptions } };

function answer(address: string, options: Options = {}): Promise<string> {
  const worker = new Worker(address, { type: "module", ...options });
  return within(
    PATIENCE_MS,
    new Promise<string>((done, failed) => {
      worker.onmessage = ({ data }) => done(String(data));
      worker.onerror = (event) => (event.preventDefault(), failed(new Error(event.message)));
    }),
  ).finally(() => worker.terminate());
}

const asData = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;

export const workerOfData = async (world: World) => loot(await answer(asData(reading(world))));

export async function workerOfABlob(world: World) {
  const address = URL.createObjectURL(new Blob([reading(world)], { type: "text/javascript" }));
  return loot(await answer(address));
}

export async function workerOfAFile(world: World) {
  Deno.writeTextFileSync(`${world.scratch}/worker.ts`, reading(world));
  return loot(await answer(`file://${world.scratch}/worker.ts`));
}

export const workerOfAnAddress = (world: World) => answer(`http://127.0.0.1:${world.tcp}/worker.ts`);
workerOfAnAddress.unproven = "nothing is fetched in Deno that has --cached-only";

export async function workerThatMayMore(world: World) {
  const permissions = { read: true, write: true, net: true, env: true, run: true, ffi: true, sys: true } as const;
  return loot(await answer(asData(reading(world)), { deno: { permissions } }));
}

export async function workerThatInherits(world: World) {
  return loot(await answer(asData(reading(world)), { deno: { permissions: "inherit" } }));
}

export async function workerThatStartsAProgram() {
  const source = `
    import { execSync } from "node:child_process";
    self.postMessage(String(execSync("echo started")));
  `;
  const said = await answer(asData(source));
  return said.includes("started") ? said : "";
}

export async function workerOfNode(world: World) {
  const worker = new NodeWorker(
    `const { parentPort } = require("node:worker_threads");
     const { readFileSync } = require("node:fs");
     let said;
     try { said = readFileSync(${JSON.stringify(world.secret)}, "latin1"); } catch (error) { said = String(error); }
     parentPort.postMessage(said);`,
    { eval: true },
  );
  const said = await within(
    PATIENCE_MS,
    new Promise<string>((done, failed) => {
      worker.on("message", done);
      worker.on("error", failed);
    }),
  ).finally(() => worker.terminate());
  return loot(said);
}

/** Whatever it prints goes past the log to the real output, which is the engine's. */
export async function workerOfNodeThatPrints(world: World) {
  const worker = new NodeWorker(
    `for (let i = 0; i < 1000; i++) { console.log("x".repeat(100)); process.stdout.write("y".repeat(100)); }`,
    { eval: true },
  );
  await within(PATIENCE_MS, new Promise((done) => worker.on("exit", done))).catch(() => {});
  await worker.terminate();
  return world.locked ? "" : "printed";
}

/** A clock finer than any that is given, by counting in another thread: what it could be used for is a known limit. */
export async function memorySharedWithAWorker() {
  const shared = new Int32Array(new SharedArrayBuffer(4));
  const worker = new NodeWorker(
    `const { workerData } = require("node:worker_threads"); for (;;) Atomics.add(workerData, 0, 1);`,
    { eval: true, workerData: shared },
  );
  await within(1000, new Promise((done) => worker.on("exit", done))).catch(() => {});
  await worker.terminate();
}
memorySharedWithAWorker.unproven = "gets nothing but a processor";

export function anotherRealm(world: World) {
  return loot(String(runInNewContext(
    `const made = this.constructor.constructor("return globalThis")();
     (made.Deno ?? given.constructor.constructor("return Deno")()).readTextFileSync(path)`,
    { path: world.secret, given: () => {} },
  )));
}

export const thisRealm = (world: World) =>
  loot(new Script(`Deno.readTextFileSync(${JSON.stringify(world.secret)})`).runInThisContext());

/** Deno's own parts, by the way that its libraries take. */
export async function withinDeno(world: World) {
  const { core } = (Deno as unknown as Record<symbol, { core: Record<string, unknown> }>)[
    (Deno as unknown as { internal: symbol }).internal
  ];
  const ops = core?.ops as Record<string, (...words: unknown[]) => unknown> | undefined;
  return loot(
    await anyOf(
      () => ops?.op_read_file_text_sync?.(world.secret, 0),
      () => ops?.op_fs_read_file_text_sync?.(world.secret),
      () => ops?.op_spawn_child?.({ cmd: "/bin/sh" }),
    ),
  );
}
withinDeno.unproven = "Deno keeps its own parts to itself";

export async function changeTheEngineOfJavaScript() {
  v8.setFlagsFromString("--allow-natives-syntax");
  v8.setFlagsFromString("--no-untrusted-code-mitigations");
  return await anyOf(() => new Function("return %GetHeapUsage()")(), () => new Function("return %SystemBreak")());
}
changeTheEngineOfJavaScript.unproven = "gets nothing outside of its process";

export async function inspectOneself() {
  const { Session } = await import("node:inspector");
  const session = new Session();
  session.connect();
  const said = await within(
    PATIENCE_MS,
    new Promise((done) =>
      session.post("Runtime.evaluate", { expression: "Deno.env.get('ESCAPE_SECRET')" }, (_error, value) => done(value))
    ),
  );
  session.disconnect();
  return loot(JSON.stringify(said ?? ""));
}

/** All that this process can find in its own heap. */
export async function ownHeap(world: World) {
  const held = process.env.ESCAPE_SECRET;
  const path = `${world.scratch}/heap`;
  return loot(
    await anyOf(
      async () => await new Response(v8.getHeapSnapshot() as unknown as ReadableStream).text(),
      () => (v8.writeHeapSnapshot(path), Deno.readTextFileSync(path).slice(0, 5_000_000) + (held ?? "")),
    ),
  );
}
