/** What a process can learn of where it runs. */

import * as os from "node:os";
import { anyOf, loot, type World } from "./attempt.ts";

export const allVariables = () => loot(JSON.stringify(Deno.env.toObject()));

export const aVariable = () => loot(Deno.env.get("ESCAPE_SECRET") ?? "");

export const variablesOfNode = () => loot(JSON.stringify({ ...process.env, one: process.env.ESCAPE_SECRET }));

export const ownEnvironmentOfProc = () => Deno.readTextFile("/proc/self/environ");

export const environmentOfThreads = () => Deno.readTextFile("/proc/thread-self/environ");

function ofOthers(world: World, name: string, read: (path: string) => unknown) {
  return anyOf(...world.everybody.map((pid) => () => read(`/proc/${pid}/${name}`)));
}

export const environmentOfOthers = (world: World) => ofOthers(world, "environ", Deno.readTextFileSync);

export const commandLineOfOthers = (world: World) => ofOthers(world, "cmdline", Deno.readTextFileSync);

export const mapsOfOthers = (world: World) => ofOthers(world, "maps", Deno.readTextFileSync);

export const linksOfOthers = (world: World) =>
  anyOf(...["cwd", "exe", "root", "fd/0", "ns/mnt"].map((name) => () => ofOthers(world, name, Deno.readLinkSync)));

export const memoryOfOthers = (world: World) =>
  ofOthers(world, "mem", (path) => {
    using memory = Deno.openSync(path);
    memory.seekSync(world.address, Deno.SeekMode.Start);
    const room = new Uint8Array(64);
    memory.readSync(room);
    return new TextDecoder().decode(room);
  });

export const memoryOfTheVictimChanged = (world: World) => {
  using memory = Deno.openSync(`/proc/${world.victim}/mem`, { read: true, write: true });
  memory.seekSync(world.address, Deno.SeekMode.Start);
  memory.writeSync(new TextEncoder().encode("changed"));
};

export const findOthers = () =>
  [...Deno.readDirSync("/proc")].map((entry) => entry.name).filter((name) => /^\d+$/.test(name)).join(" ");

export const nameOfTheMachine = () => `${Deno.hostname()}`;
nameOfTheMachine.by = "deno";

export const kernelOfTheMachine = () => anyOf(() => Deno.osRelease(), () => os.release(), () => os.version());
kernelOfTheMachine.by = "deno";

export const memoryOfTheMachine = () =>
  anyOf(() => JSON.stringify(Deno.systemMemoryInfo()), () => String(os.totalmem()), () => String(os.freemem()));
memoryOfTheMachine.by = "deno";

export const loadOfTheMachine = () =>
  anyOf(() => Deno.loadavg().join(" "), () => os.loadavg().join(" "), () => `up since ${Deno.osUptime()}`);
loadOfTheMachine.by = "deno";

export const processorsOfTheMachine = () => anyOf(() => os.cpus().map((one) => one.model).join(" "));
processorsOfTheMachine.by = "deno";

// The number of its own user is no secret, and access(2) in Node's way asks for it.
export const userOfTheProcess = () => anyOf(() => os.userInfo().username, () => os.userInfo().homedir);
userOfTheProcess.by = "deno";

export const networkOfTheMachine = () =>
  anyOf(() => JSON.stringify(Deno.networkInterfaces()), () => JSON.stringify(os.networkInterfaces()));
