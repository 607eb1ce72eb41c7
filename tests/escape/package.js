// The module of a package that a workflow has locked, and that tries what its nodes may not.
import { execSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";

const tried = (what) => {
  try {
    return String(what());
  } catch (error) {
    return String(error);
  }
};

export const seen = [
  tried(() => fs.readFileSync("../outside/secret", "latin1")),
  tried(() => JSON.stringify(process.env)),
  tried(() => fs.readFileSync("/proc/self/environ", "latin1")),
  tried(() => fs.writeFileSync("../outside/imported", "x")),
  tried(() => execSync("touch ../outside/started")),
];

export const files = (world) => fs.promises.readFile(world.secret, "latin1");

export const environment = () => JSON.stringify({ ...process.env });

export const programs = () => String(execSync("echo started"));

export const network = (world) =>
  new Promise((done, failed) => {
    const out = net.connect(world.tcp, "127.0.0.1");
    out.on("error", failed);
    out.on("close", () => done(""));
  });

export const writes = (world) => fs.writeFileSync(`${world.outside}/called`, "x");
