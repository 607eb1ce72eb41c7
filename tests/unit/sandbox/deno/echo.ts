/** Sends each frame's value back. Maps, which the worker only reads, go back as `["map", [key, value], ...]`. */

import { type Packable, Packer } from "../../../../src/pipedreamer/sandbox/deno/packing.ts";
import type { Unpacked } from "../../../../src/pipedreamer/sandbox/deno/unpacking.ts";
import { receive } from "../../../../src/pipedreamer/sandbox/deno/wire.ts";

const packer = new Packer();

function take(message: unknown): void {
  const at = packer.skipUint32();
  packer.add(sendable(message as Unpacked));
  packer.setUint32(at, packer.size - at - 4);
  for (let sent = 0; sent < packer.size;) sent += Deno.stdout.writeSync(packer.bytes.subarray(sent, packer.size));
  packer.clear();
}

await receive(Deno.stdin, { take, mayStandStill: () => Promise.resolve(false) });

function sendable(value: Unpacked): Packable {
  if (value instanceof Map) return ["map", ...[...value].map((pair) => pair.map(sendable))];
  return Array.isArray(value) ? value.map(sendable) : value;
}
