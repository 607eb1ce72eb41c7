/** Becoming more than one process, or ending another one. */

import * as children from "node:child_process";
import cluster from "node:cluster";
import { anyOf, pause, within, type World } from "./attempt.ts";

/** A program that every worker can see: the one that loads programs. */
const LOADERS = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];

function loader(): string {
  return Deno.build.arch === "x86_64" ? LOADERS[0] : LOADERS[1];
}

/** A Deno without permissions to be held by: the file is the one that this is. */
function deno(): string {
  return process.execPath;
}

export async function startAProgram() {
  const { stdout } = await new Deno.Command(loader(), { args: ["--version"] }).output();
  return `it said ${new TextDecoder().decode(stdout).slice(0, 20)}`;
}

export const startAProgramAtOnce = () =>
  `it ended with ${new Deno.Command(loader(), { args: ["--version"] }).outputSync().code}`;

export async function startAProgramBesides() {
  const child = new Deno.Command(loader(), { args: ["--version"], stdout: "null" }).spawn();
  await child.status;
  return `started ${child.pid}`;
}

export const startThisDenoAgain = () =>
  `it ended with ${new Deno.Command(deno(), { args: ["--version"], stdout: "null" }).outputSync().code}`;

export async function startAProgramOfOnesOwn(world: World) {
  const path = `${world.scratch}/program`;
  Deno.writeFileSync(path, Deno.readFileSync(loader()), { mode: 0o755 });
  const { code } = await new Deno.Command(path, { args: ["--version"], stdout: "null" }).output();
  return `it ended with ${code}`;
}

export async function startByAPath(world: World) {
  const start = (path: string) => () =>
    `it ended with ${new Deno.Command(path, { args: ["--version"], stdout: "null" }).outputSync().code}`;
  return await anyOf(...["sh", "/bin/sh", "/usr/bin/env", "python3", `${world.outside}/program`].map(start));
}

const said = (child: children.ChildProcess) =>
  new Promise<string>((done, failed) => {
    child.on("error", failed);
    child.on("exit", (code) => done(`it ended with ${code}`));
  });

export const spawnOfNode = () => said(children.spawn(loader(), ["--version"]));

export const spawnAtOnceOfNode = () => {
  const { error, pid, status } = children.spawnSync(loader(), ["--version"]);
  if (error) throw error;
  return pid ? `it ended with ${status}` : "";
};

export const execOfNode = () => said(children.exec("exit 0"));

export const execFileOfNode = () => String(children.execFileSync(loader(), ["--version"])).slice(0, 20);

export async function forkOfNode(world: World) {
  const module = `${world.scratch}/child.mjs`;
  Deno.writeTextFileSync(module, "process.exit(0);");
  return await said(children.fork(module));
}

export async function clusterOfNode() {
  cluster.setupPrimary({ exec: "/dev/null" });
  return await within(500, said(cluster.fork().process));
}
clusterOfNode.unproven = "this Deno has no clusters";

export const becomeAProgram = () => {
  const { execve } = process as unknown as { execve(path: string, args: string[]): void };
  execve(loader(), ["ld.so", "--version"]);
};
becomeAProgram.unproven = "this Deno has not got it";

export const killTheVictim = (world: World) => Deno.kill(world.victim, "SIGKILL");

export const killOfNode = (world: World) => process.kill(world.victim, "SIGKILL") ? "killed" : "";

export const stopTheVictim = (world: World) => Deno.kill(world.victim, "SIGSTOP");

export const killItsGroup = (world: World) => process.kill(-world.victim, "SIGKILL") ? "killed" : "";

/** The engine is among them: what counts is that it goes on. */
export async function killTheOthers(world: World) {
  return await anyOf(...world.others.map((pid) => () => (Deno.kill(pid, "SIGTERM"), `killed ${pid}`)));
}
killTheOthers.unproven = "would end what makes the attempts";

export const killEverybody = () => process.kill(-1, "SIGTERM") ? "killed" : "";
killEverybody.unproven = "would end what makes the attempts";

export async function askWhoIsThere(world: World) {
  return await anyOf(...world.others.map((pid) => () => process.kill(pid, 0) ? `${pid} is there` : ""));
}

export const slowTheVictim = async (world: World) => {
  const { setPriority } = await import("node:os");
  setPriority(world.victim, 19);
};

export async function becomeSomebodyElse() {
  const { setuid, setgid, setgroups } = process as unknown as Record<string, (id: unknown) => void>;
  return await anyOf(
    () => (setuid(0), "became root"),
    () => (setgid(0), "became root's group"),
    () => (setgroups([0]), "joined"),
    () => (setuid(12345), "became another"),
  );
}
becomeSomebodyElse.unproven = "this Deno has not got it";

/** Its own, as often as it likes; what counts is that the engine goes on. */
export async function abort() {
  await pause(20);
  process.abort();
}
abort.unproven = "only ends the process that tries it";

export async function breakTheProcess() {
  await pause(20);
  Deno.kill(Deno.pid, "SIGSEGV");
  await pause(1000);
}
breakTheProcess.unproven = abort.unproven;
