/** The kernel's own answer, past all of Deno: system calls by number, through its interface to C.
 *
 * What Deno's own permissions hold here is that there is no such interface; the rest is for the lock alone.
 */

import { createRequire } from "node:module";
import { anyOf, loot, pause, type World } from "./attempt.ts";

type Word = number | bigint | string | Uint8Array;

const LIBRARY = "libc.so.6";
const X86 = Deno.build.arch === "x86_64";
const [HERE, READ_ONLY] = [-100, 0];
const NUMBERS: Record<string, readonly [number, number]> = {
  add_key: [248, 217],
  bpf: [321, 280],
  capset: [126, 91],
  chroot: [161, 51],
  clone: [56, 220],
  clone3: [435, 435],
  connect: [42, 203],
  execve: [59, 221],
  exit_group: [231, 94],
  fchmodat: [268, 53],
  fchownat: [260, 54],
  fork: [57, 220],
  getpid: [39, 172],
  io_uring_setup: [425, 425],
  kill: [62, 129],
  linkat: [265, 37],
  memfd_create: [319, 279],
  mknodat: [259, 33],
  mmap: [9, 222],
  mount: [165, 40],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  openat: [257, 56],
  perf_event_open: [298, 241],
  pidfd_getfd: [438, 438],
  pidfd_open: [434, 434],
  pidfd_send_signal: [424, 424],
  prctl: [157, 167],
  prlimit64: [302, 261],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  ptrace: [101, 117],
  read: [0, 63],
  rt_sigqueueinfo: [129, 138],
  seccomp: [317, 277],
  sendto: [44, 206],
  setns: [308, 268],
  setpriority: [141, 140],
  setresuid: [117, 147],
  setxattr: [188, 5],
  shmget: [29, 194],
  socket: [41, 198],
  tgkill: [234, 131],
  tkill: [200, 130],
  unshare: [272, 97],
  userfaultfd: [323, 282],
  vfork: [58, 220],
};

const words = ["i64", "i64", "i64", "i64", "i64", "i64", "i64"] as const;

function library() {
  return Deno.dlopen(LIBRARY, {
    syscall: { parameters: words, result: "i64" },
    memmem: { parameters: ["pointer", "usize", "buffer", "usize"], result: "pointer" },
    __errno_location: { parameters: [], result: "pointer" },
  }).symbols;
}

function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
}

function text(word: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${word}\0`);
}

/** What the call gives; an error of the kernel is thrown. */
function call(name: string, ...given: Word[]): number {
  const { syscall, __errno_location } = library();
  const kept: Uint8Array[] = [];
  const asWord = (word: Word) => {
    if (typeof word === "number" || typeof word === "bigint") return BigInt(word);
    const bytes = typeof word === "string" ? text(word) : word;
    kept.push(bytes);
    return addressOf(bytes as Uint8Array<ArrayBuffer>);
  };
  const all = [...given.map(asWord), 0n, 0n, 0n, 0n, 0n, 0n].slice(0, 6) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const result = Number(syscall(BigInt(NUMBERS[name][X86 ? 0 : 1]), ...all));
  if (result >= 0) return result;
  const place = __errno_location();
  throw new Error(`${name}: errno ${place && new Deno.UnsafePointerView(place).getInt32()} (${kept.length})`);
}

const did = (name: string, ...given: Word[]) => () => `${name} gave ${call(name, ...given)}`;

const longs = (...values: (number | bigint)[]) => new Uint8Array(new BigInt64Array(values.map(BigInt)).buffer);

export const openALibrary = () => `opened ${Object.keys(library())}`;
openALibrary.by = "deno";

export async function openALibraryOfNode() {
  return await anyOf(...["libc.so.6", "libm.so.6"].map((name) => () => {
    process.dlopen({ exports: {} }, name);
    return name;
  }));
}
openALibraryOfNode.by = "deno";
openALibraryOfNode.unproven = "no library of the system is a module of Node's";

export function loadAnAddon(world: World) {
  Deno.writeTextFileSync(`${world.scratch}/addon.node`, "not one");
  createRequire(import.meta.url)(`${world.scratch}/addon.node`);
  return "loaded";
}
loadAnAddon.unproven = openALibraryOfNode.unproven;

export function read(world: World) {
  const room = new Uint8Array(100);
  call("read", call("openat", HERE, world.secret, READ_ONLY), room, 100);
  return loot(room);
}
read.by = "kernel";

export function readByLinkOfAPathDescriptor(world: World) {
  const name = `${world.scratch}/named`;
  call("linkat", call("openat", HERE, world.secret, 0o10000000), "", HERE, name, 0x1000);
  return loot(Deno.readTextFileSync(name));
}
readByLinkOfAPathDescriptor.by = "kernel";

export function readByHandle(world: World) {
  const room = new Uint8Array(200);
  room[0] = 128;
  call("name_to_handle_at", HERE, world.secret, room, new Uint8Array(4), 0);
  const read = new Uint8Array(100);
  call("read", call("open_by_handle_at", call("openat", HERE, world.root, 0o200000), room, 0), read, 100);
  return loot(read);
}
readByHandle.by = "kernel";
readByHandle.unproven = "the test's folder may lie on a file system without handles";

export async function changeTheSecret(world: World) {
  await anyOf(
    did("fchmodat", HERE, world.secret, 0o777, 0),
    did("fchownat", HERE, world.secret, -1, 12345, 0),
    did("setxattr", world.secret, "user.secret", "changed", 7, 0),
  );
}
changeTheSecret.by = "kernel";

export const makeADevice = (world: World) =>
  anyOf(
    did("mknodat", HERE, `${world.scratch}/null`, 0o20666, 0x103),
    did("mknodat", HERE, `${world.scratch}/disk`, 0o60666, 0x800),
  );
makeADevice.by = "kernel";
makeADevice.unproven = "where nothing is locked it needs a capability that not every root has";

export const makeAFileThatActsAsItsOwner = (world: World) =>
  anyOf(
    did("openat", HERE, `${world.scratch}/acts`, 0o102, 0o6755),
    did("fchmodat", HERE, world.scratch, 0o6755, 0),
  );
makeAFileThatActsAsItsOwner.by = "kernel";

/** All of its own memory, searched for what looks like a secret. */
export function ownMemory() {
  const { memmem } = library();
  const found: string[] = [];
  const wanted = new TextEncoder().encode("secret-");
  for (const line of Deno.readTextFileSync("/proc/self/maps").split("\n")) {
    // No file's: what is mapped beyond its end cannot be read.
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ 00:00 0 *(?:\[(?:heap|stack)\])?$/.exec(line) ?? [];
    if (from === undefined) continue;
    let [at, end] = [BigInt(`0x${from}`), BigInt(`0x${to}`)];
    while (at < end) {
      const hit = memmem(Deno.UnsafePointer.create(at), end - at, wanted, BigInt(wanted.length));
      if (hit === null) break;
      at = BigInt(Deno.UnsafePointer.value(hit));
      const length = Number(end - at < 31n ? end - at : 31n);
      found.push(new TextDecoder("latin1").decode(new Deno.UnsafePointerView(hit).getArrayBuffer(length)));
      at += 1n;
      end = end > at ? end : at;
    }
  }
  return loot(found.join("\n"));
}
ownMemory.by = "kernel";

/** None may mean a file or a folder outside of what is granted. */
export async function descriptorsLeftOpen(world: World) {
  const folder = new TextEncoder().encode("..\0");
  return await anyOf(...Array.from({ length: 253 }, (_, held) => () => {
    const outside = call("openat", held + 3, folder, 0o200000);
    const names = Deno.readTextFileSync(`/proc/self/fd/${outside}`);
    return `${held + 3} leads to ${names} of ${world.root}`;
  }));
}
descriptorsLeftOpen.by = "kernel";
descriptorsLeftOpen.unproven = "only a process made by the engine could hold the engine's descriptors";

const leaving = (child: number) => {
  if (child === 0) call("exit_group", 0);
  return `child ${child}`;
};

export const fork = () => leaving(X86 ? call("fork") : call("clone", 17, 0));
fork.by = "kernel";

export const forkByClone = () => leaving(call("clone", 17, 0, 0, 0, 0));
forkByClone.by = "kernel";

export const forkByClone3 = () => leaving(call("clone3", longs(0, 0, 0, 0, 17, 0, 0, 0), 64));
forkByClone3.by = "kernel";

export const forkIntoANewUser = () => leaving(call("clone", 0x10000000 | 17, 0, 0, 0, 0));
forkIntoANewUser.by = "kernel";

/** The same program once more, without what Deno's permissions refuse: the lock must hold that, too. */
export async function becomeADenoThatMayAll(world: World) {
  const script = `${world.scratch}/all.ts`;
  Deno.writeTextFileSync(
    script,
    `try { Deno.writeTextFileSync("${world.outside}/created", ""); } catch { /* held */ }
    try { Deno.copyFileSync("${world.secret}", "${world.outside}/copied"); } catch { /* held */ }
    try { new Deno.Command("/bin/true").outputSync(); } catch { /* held */ }
    await Deno.connect({ hostname: "127.0.0.1", port: ${world.tcp} });`,
  );
  const program = text(process.execPath);
  const parts = [program, text("run"), text("-A"), text("--no-lock"), text(script)];
  const list = longs(...parts.map(addressOf), 0n);
  const environment = text(`DENO_DIR=${world.scratch}/all`);
  call("execve", program, list, longs(addressOf(environment), 0n));
  await pause(0);
}
becomeADenoThatMayAll.by = "kernel";
becomeADenoThatMayAll.leaves = "execve";

export function becomeWhatMayNotRun(world: World) {
  const path = `${world.scratch}/run`;
  Deno.copyFileSync(X86 ? "/lib64/ld-linux-x86-64.so.2" : "/lib/ld-linux-aarch64.so.1", path);
  const list = longs(addressOf(text(path)), addressOf(text("--version")), 0n);
  call("execve", path, list, longs(0n));
}
becomeWhatMayNotRun.by = "kernel";
becomeWhatMayNotRun.leaves = "execve";

export const traceOthers = (world: World) =>
  anyOf(...world.others.flatMap((pid) => [did("ptrace", 0x4206, pid, 0, 0), did("ptrace", 16, pid, 0, 0)]));
traceOthers.by = "kernel";

export function memoryOfTheVictim(world: World) {
  const room = new Uint8Array(64);
  const [ours, theirs] = [longs(addressOf(room), 64), longs(world.address, 64)];
  call("process_vm_readv", world.victim, ours, 1, theirs, 1, 0);
  return loot(room);
}
memoryOfTheVictim.by = "kernel";

export function memoryOfTheVictimChanged(world: World) {
  const [ours, theirs] = [longs(addressOf(text("changed")), 7), longs(world.address, 7)];
  call("process_vm_writev", world.victim, ours, 1, theirs, 1, 0);
}
memoryOfTheVictimChanged.by = "kernel";

export const takeADescriptor = (world: World) =>
  anyOf(...[0, 1, 2, 3].map((held) => () => did("pidfd_getfd", call("pidfd_open", world.victim, 0), held, 0)()));
takeADescriptor.by = "kernel";

export const killTheVictim = (world: World) =>
  anyOf(
    did("kill", world.victim, 9),
    did("tkill", world.victim, 9),
    did("tgkill", world.victim, world.victim, 9),
    did("rt_sigqueueinfo", world.victim, 9, new Uint8Array(128)),
    () => did("pidfd_send_signal", call("pidfd_open", world.victim, 0), 9, 0, 0)(),
  );
killTheVictim.by = "kernel";

export const slowTheVictim = (world: World) => did("setpriority", 0, world.victim, 19)();
slowTheVictim.by = "kernel";

export const limitTheVictim = (world: World) => did("prlimit64", world.victim, 7, longs(3, 3), 0)();
limitTheVictim.by = "kernel";
limitTheVictim.unproven = "needs a capability that not every root has";

export const socketsOfOtherFamilies = () =>
  anyOf(
    ...[[1, 1], [1, 2], [2, 2], [2, 3], [10, 2], [16, 3], [17, 3], [40, 1]].map(([family, kind]) =>
      did("socket", family, kind, 0)
    ),
  );
socketsOfOtherFamilies.by = "kernel";

export function connectRaw(world: World) {
  const address = new Uint8Array([2, 0, world.tcp >> 8, world.tcp & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  call("connect", call("socket", 2, 1, 0), address, 16);
}
connectRaw.by = "kernel";

export const memoryOfAFile = () => did("memfd_create", "x", 0)();
memoryOfAFile.by = "kernel";

export const sharedMemory = () => anyOf(did("shmget", 0x1234, 4096, 0o1666), did("mmap", 0, 4096, 3, 0x21, -1, 0));
sharedMemory.by = "kernel";

export const namespaces = () =>
  anyOf(...[0x20000, 0x10000000, 0x20000000, 0x40000000].map((flag) => did("unshare", flag)));
namespaces.by = "kernel";

export const mounts = (world: World) =>
  anyOf(did("mount", "none", world.scratch, "tmpfs", 0, 0), did("chroot", world.scratch));
mounts.by = "kernel";

export const kernelsOtherParts = () =>
  anyOf(
    did("io_uring_setup", 4, new Uint8Array(120)),
    did("userfaultfd", 1),
    did("bpf", 0, new Uint8Array(128), 128),
    did("perf_event_open", new Uint8Array(112), 0, -1, -1, 0),
    did("add_key", "user", "escape", "x", 1, -2),
  );
kernelsOtherParts.by = "kernel";
kernelsOtherParts.unproven = "depends on what the kernel is built with";

export const undoTheLock = () =>
  anyOf(
    did("seccomp", 1, 0, new Uint8Array(16)),
    did("prctl", 4, 1, 0, 0, 0),
    did("prctl", 1, 0, 0, 0, 0),
    did("prctl", 36, 1, 0, 0, 0),
    did("capset", new Uint8Array([0x22, 5, 8, 0x20, 0, 0, 0, 0]), new Uint8Array(24).fill(255)),
    did("setresuid", 0, 0, 0),
    did("prlimit64", 0, 3, longs(1 << 30, 1 << 30), 0),
  );
undoTheLock.by = "kernel";
