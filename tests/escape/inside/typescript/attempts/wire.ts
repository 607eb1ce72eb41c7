/** Attacks on the engine by what it listens to: the frames of its own connection, descriptors 0 and 1.
 *
 * What counts is that the engine goes on, answers every run, and is no bigger than before.
 */

import * as fs from "node:fs";
import { anyOf, loot, pause, type World } from "./attempt.ts";

type Value = null | boolean | number | string | Uint8Array | readonly Value[];

const LIMIT = 80 * 1024 * 1024;

/** MessagePack, its longest forms. */
function packed(value: Value): number[] {
  if (value === null) return [0xc0];
  if (typeof value === "boolean") return [value ? 0xc3 : 0xc2];
  if (typeof value === "number") return [0xd3, ...new Uint8Array(new BigInt64Array([BigInt(value)]).buffer).reverse()];
  const head = (tag: number, size: number) => [tag, size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255];
  if (typeof value === "string") {
    const bytes = new TextEncoder().encode(value);
    return [...head(0xdb, bytes.length), ...bytes];
  }
  if (value instanceof Uint8Array) return [...head(0xc6, value.length), ...value];
  return [...head(0xdd, value.length), ...value.flatMap(packed)];
}

function length(size: number): Uint8Array {
  return new Uint8Array(new Uint32Array([size]).buffer);
}

function frame(...message: Value[]): Uint8Array {
  const body = packed(message);
  return new Uint8Array([...length(body.length), ...body]);
}

function outcome(run: number, node: number, value = "1"): Uint8Array {
  return frame("outcome", run, node, 1, 1, 2, "ok", new TextEncoder().encode(value), false);
}

async function say(...parts: Uint8Array[]): Promise<void> {
  for (const part of parts) {
    for (let at = 0; at < part.length;) at += fs.writeSync(1, part, at);
  }
  await pause(200);
}

const UNPROVEN = "there is no engine where nothing is locked";

const runs = Array.from({ length: 300 }, (_, run) => run);

export const aGiantFrame = () => say(length(0xffffffff), new Uint8Array(100));
aGiantFrame.unproven = UNPROVEN;

export const aFrameThatNeverEnds = () => say(length(LIMIT), new Uint8Array(1000));
aFrameThatNeverEnds.node = "slow";
aFrameThatNeverEnds.unproven = UNPROVEN;

export const aFrameOfNothing = () => say(length(0));
aFrameOfNothing.unproven = UNPROVEN;

export const aFrameThatIsNoMessage = () => say(length(5), new Uint8Array(5).fill(0xc1));
aFrameThatIsNoMessage.unproven = UNPROVEN;

export const aFrameNestedWithoutEnd = () => say(length(200_001), new Uint8Array(200_000).fill(0x91), new Uint8Array(1));
aFrameNestedWithoutEnd.unproven = UNPROVEN;

export const aMessageThatOnlyTheEngineSends = () => say(frame("code", "/", [], [], [], true));
aMessageThatOnlyTheEngineSends.unproven = UNPROVEN;

export const outcomesOfNodesThatAreNotThere = () =>
  say(...[0, -1, 2 ** 53, ...runs].flatMap((run) => [-1, 2, 1e9].map((node) => outcome(run, node))));
outcomesOfNodesThatAreNotThere.unproven = UNPROVEN;

export const outcomesThatAreNoJson = () => say(...runs.map((run) => outcome(run, 0, '{"a": ')));
outcomesThatAreNoJson.unproven = UNPROVEN;

export const outcomesThatAreDeepJson = () =>
  say(...runs.slice(0, 20).map((run) => outcome(run, 0, "[".repeat(1e5) + "]".repeat(1e5))));
outcomesThatAreDeepJson.unproven = UNPROVEN;

export const outcomesAtImpossibleTimes = () =>
  say(...runs.map((run) => frame("outcome", run, 0, 2 ** 53, -(2 ** 53), 2 ** 53, "ok", new Uint8Array([49]), false)));
outcomesAtImpossibleTimes.unproven = UNPROVEN;

export const linesOfNobody = () => say(...[-5, 2 ** 53].map((run) => frame("log", run, 2 ** 53, 1, "error", "x")));
linesOfNobody.unproven = UNPROVEN;

export const aLineWithoutEnd = () => say(frame("log", 1, 0, 1, "error", "x".repeat(100_000)));
aLineWithoutEnd.unproven = UNPROVEN;

export const fetchesWithoutNumber = () =>
  say(...runs.flatMap((id) => [
    frame("fetch", id, 1, 0, "http", "http://127.0.0.1:1/", "", "GET", [], null, null, null),
    frame("more", id, -(2 ** 53)),
    frame("stop", id),
  ]));
fetchesWithoutNumber.unproven = UNPROVEN;

export const aFetchOfAnotherRun = (world: World) =>
  say(frame("fetch", 7, 1e9, 0, "http", `http://127.0.0.1:${world.tcp}/`, "", "GET", [], null, null, null));
aFetchOfAnotherRun.unproven = UNPROVEN;

export const attemptsThatNeverWere = () =>
  say(...runs.map((run) => frame("begun", run, 0, 1, 2 ** 53)), frame("stuck", 1e9, 1e9), frame("beat"));
attemptsThatNeverWere.unproven = UNPROVEN;

export const answersThatNobodyReads = () => say(...runs.map(() => frame("ready")), frame("unloaded", ["x"]));
answersThatNobodyReads.unproven = UNPROVEN;

export const halfAFrameAndTheEnd = async () => {
  await say(length(1000), new Uint8Array(10));
  process.abort();
};
halfAFrameAndTheEnd.unproven = UNPROVEN;

export const hangingUp = async () => {
  await anyOf(...[0, 1, 2].map((held) => () => fs.closeSync(held)));
  await pause(200);
};
hangingUp.unproven = UNPROVEN;

export const closingEverything = async () => {
  for (let held = 3; held < 256; held++) {
    try {
      fs.closeSync(held);
    } catch { /* it is none */ }
  }
  await pause(200);
};
closingEverything.unproven = UNPROVEN;

/** What the engine says to others in this process would be read by this one. */
export const readingInItsPlace = () => {
  const room = new Uint8Array(10_000);
  return loot(room.subarray(0, fs.readSync(0, room)));
};
readingInItsPlace.node = "slow";
readingInItsPlace.unproven = UNPROVEN;

export const byPath = async () => {
  const ways = ["/dev/stdin", "/dev/fd/0", "/dev/fd/1", "/proc/self/fd/0", "/proc/self/fd/1", "/dev/stdout"];
  return await anyOf(...ways.map((path) => () => {
    using file = Deno.openSync(path, { read: true, write: true });
    file.writeSync(new Uint8Array(8));
    return `wrote to ${path}`;
  }));
};
byPath.unproven = UNPROVEN;

export const strayOutputWithoutEnd = () => {
  const noise = new Uint8Array(1000).fill(0xff);
  for (let i = 0; i < 2000; i++) fs.writeSync(2, noise);
};
strayOutputWithoutEnd.unproven = UNPROVEN;

/** The worker's own modules, and through them what it holds. */
export const thePartsOfTheWorker = async () => {
  const { Outbox } = await import(new URL("wire.ts", Deno.mainModule).href);
  const { current } = await import(new URL("attempt.ts", Deno.mainModule).href);
  const seen: string[] = [];
  const { send, sendNow } = Outbox.prototype;
  Outbox.prototype.send = function (message: unknown) {
    seen.push(JSON.stringify([message, this]));
    send.call(this, message);
  };
  await pause(50);
  Object.assign(Outbox.prototype, { send, sendNow });
  return loot(JSON.stringify([seen, current.getStore()]));
};
thePartsOfTheWorker.unproven = UNPROVEN;
