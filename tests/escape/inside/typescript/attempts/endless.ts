/** What does not end by itself, or never seems to: each costs its own run, and the engine goes on. */

import { pause, type World } from "./attempt.ts";

export async function linesWithoutEnd() {
  for (let i = 0; i < 100_000; i++) console.log("x".repeat(100), i);
  await Deno.stderr.write(new TextEncoder().encode("\xff no end of lines ".repeat(100_000)));
}
linesWithoutEnd.unproven = "there is no log";

export async function unansweredPromises() {
  for (let i = 0; i < 10_000; i++) Promise.reject(new Error(`${i}`));
  await pause(0);
}
unansweredPromises.unproven = linesWithoutEnd.unproven;

export function deepCalls() {
  const deep = (): number => deep() + 1;
  return deep() ? "" : "";
}
deepCalls.unproven = "ends by itself";

export function deepValues() {
  return JSON.stringify(JSON.parse("[".repeat(1e6) + "]".repeat(1e6))) ? "" : "";
}
deepValues.unproven = deepCalls.unproven;

/** Whoever gets to so many of them still has to stand a while. */
const MOMENT_MS = 5000;

export async function tables(world: World) {
  const held = new Map<number, number[]>();
  for (let i = 0; i < 4 * world.memory / 100; i++) held.set(i, [i]);
  await pause(world.locked ? MOMENT_MS : 0);
  return `${held.size} entries`;
}

export async function promises(world: World) {
  const held: Promise<void>[] = [];
  for (let i = 0; i < 4 * world.memory / 100; i++) held.push(new Promise(() => {}));
  await pause(world.locked ? MOMENT_MS : 0);
  return `${held.length} promises`;
}

export async function timers(world: World) {
  for (let i = 0; i < 4 * world.memory / 200; i++) setTimeout(() => {}, 1e6);
  await pause(world.locked ? MOMENT_MS : 0);
  return "timers";
}
timers.unproven = "how much a timer takes is Deno's matter";

const endless = "would not end";

export function loop() {
  for (;;) { /* for ever */ }
}
loop.node = "slow";
loop.unproven = endless;

export function loopThatSwallowsEverything() {
  for (;;) {
    try {
      for (;;) { /* for ever */ }
    } catch { /* again */ }
  }
}
loopThatSwallowsEverything.node = "slow";
loopThatSwallowsEverything.unproven = endless;

export async function microtasks() {
  for (;;) await null;
}
microtasks.node = "slow";
microtasks.unproven = endless;

export async function turns() {
  for (;;) await new Promise((done) => setImmediate(done));
}
turns.node = "slow";
turns.unproven = endless;

export const aPromiseThatIsNeverKept = () => new Promise<void>(() => {});
aPromiseThatIsNeverKept.node = "slow";
aPromiseThatIsNeverKept.unproven = endless;

export const anExpressionThatBacktracks = () => /^(a+)+$/.test("a".repeat(64) + "!") ? "" : "";
anExpressionThatBacktracks.node = "slow";
anExpressionThatBacktracks.unproven = endless;

export const aLargeNumber = () => String(3n ** 300_000_000n);
aLargeNumber.node = "slow";
aLargeNumber.unproven = endless;

export const aWait = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) ? "" : "";
aWait.node = "slow";
aWait.unproven = endless;

export function aLoopOfWebAssembly() {
  const code = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0];
  const body = [10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11];
  const made = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([...code, ...body])));
  (made.exports.f as () => void)();
}
aLoopOfWebAssembly.node = "slow";
aLoopOfWebAssembly.unproven = endless;

export function stopsItself() {
  Deno.kill(Deno.pid, "SIGSTOP");
}
stopsItself.node = "slow";
stopsItself.unproven = endless;
