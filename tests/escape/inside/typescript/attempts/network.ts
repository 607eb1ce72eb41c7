/** Getting a byte out, to listeners that the test has set up; what arrives counts. */

import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import * as http from "node:http";
import * as http2 from "node:http2";
import * as https from "node:https";
import * as net from "node:net";
import * as tls from "node:tls";
import { anyOf, pause, within, type World } from "./attempt.ts";

/** Long enough for a listener that takes what it is sent and hangs up. */
const PATIENCE_MS = 2000;

/** What was not there is not asked for twice. */
async function asked(url: string, init?: RequestInit & { client?: Deno.HttpClient }): Promise<string> {
  const response = await within(PATIENCE_MS, fetch(url, init));
  await response.body?.cancel();
  return "";
}

/** Wait for the end of something that tells of it. */
function ended(thing: { on(event: string, hear: (said: unknown) => void): unknown }): Promise<string> {
  return within(
    PATIENCE_MS,
    new Promise((done, failed) => {
      thing.on("error", failed);
      thing.on("close", () => done(""));
    }),
  );
}

export const fetchDirectly = (world: World) => asked(`http://127.0.0.1:${world.tcp}/`);

export const fetchPosting = (world: World) => asked(`http://127.0.0.1:${world.tcp}/`, { method: "POST", body: "x" });

export const fetchOverTls = (world: World) => asked(`https://127.0.0.1:${world.tcp}/`);

export const fetchByName = (world: World) => asked(`http://localhost:${world.tcp}/`);

export const fetchOverIpv6 = (world: World) => asked(`http://[::1]:${world.tcp6}/`);

export const fetchMapped = (world: World) => asked(`http://[::ffff:127.0.0.1]:${world.tcp}/`);

export const fetchByOddSpellings = async (world: World) => {
  const spellings = ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.1.", "0.0.0.0", "0"];
  await anyOf(...spellings.map((host) => () => asked(`http://${host}:${world.tcp}/`)));
};

export const fetchInTheBackground = (world: World) => {
  fetch(`http://127.0.0.1:${world.tcp}/`, { keepalive: true }).catch(() => {});
  return pause(300);
};

/** A host that may be reached sends on to one that may not. */
export const fetchRedirected = (world: World) => asked(`http://${world.declared}:${world.redirecting}/`);

export const fetchByAProxy = (world: World) => {
  using client = Deno.createHttpClient({ proxy: { url: `http://127.0.0.1:${world.tcp}` } });
  return asked("http://example.test/", { client });
};

export const fetchByASocksProxy = (world: World) => {
  using client = Deno.createHttpClient({ proxy: { url: `socks5://127.0.0.1:${world.tcp}` } });
  return asked("http://example.test/", { client });
};

export const fetchByASocket = (world: World) => {
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: world.unix } });
  return asked("http://example.test/", { client });
};

export const metadata = async () => {
  const hosts = ["169.254.169.254", "2852039166", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "100.100.100.200"];
  const hear = async (host: string) => (await within(200, fetch(`http://${host}/latest/meta-data/`))).statusText;
  return await anyOf(...[...hosts, "metadata.google.internal"].map((host) => () => hear(host)));
};
metadata.unproven = "there is none here";

export async function connect(world: World) {
  using out = await Deno.connect({ hostname: "127.0.0.1", port: world.tcp });
  await out.write(new TextEncoder().encode(world.word));
}

export async function connectOverIpv6(world: World) {
  (await Deno.connect({ hostname: "::1", port: world.tcp6 })).close();
}

export async function connectMapped(world: World) {
  (await Deno.connect({ hostname: "::ffff:127.0.0.1", port: world.tcp })).close();
}

export async function connectToAnyAddress(world: World) {
  (await Deno.connect({ hostname: "0.0.0.0", port: world.tcp })).close();
}

export async function connectWithTls(world: World) {
  (await within(PATIENCE_MS, Deno.connectTls({ hostname: "127.0.0.1", port: world.tcp }))).close();
}

export async function connectToASocket(world: World) {
  (await Deno.connect({ transport: "unix", path: world.unix })).close();
}

export async function connectToAnAbstractSocket(world: World) {
  (await Deno.connect({ transport: "unix", path: `\0${world.abstract}` })).close();
}

export async function connectToTheMachineBelow(world: World) {
  (await within(500, Deno.connect({ transport: "vsock", cid: 2, port: world.tcp }))).close();
  return "connected";
}
connectToTheMachineBelow.unproven = "not every machine has one below";

export const connectOfNode = (world: World) => ended(net.connect(world.tcp, "127.0.0.1"));

export const connectOfNodeByName = (world: World) =>
  ended(net.connect({
    port: world.tcp,
    host: "anything.test",
    lookup: (_name, options, done) => {
      if (options.all) done(null, [{ address: "127.0.0.1", family: 4 }]);
      else done(null, "127.0.0.1", 4);
    },
  }));

export const connectOfNodeToASocket = (world: World) => ended(net.connect(world.unix));

export const connectOfNodeToAnAbstractSocket = (world: World) => ended(net.connect(`\0${world.abstract}`));

export const connectOfNodeWithTls = (world: World) => ended(tls.connect({ port: world.tcp, host: "127.0.0.1" }));

export const requestOfNode = (world: World) => ended(http.get(`http://127.0.0.1:${world.tcp}/`));

export const requestOfNodeOverTls = (world: World) => ended(https.get(`https://127.0.0.1:${world.tcp}/`));

export const requestOfNodeByASocket = (world: World) => ended(http.get({ socketPath: world.unix }));

export const requestOfNodeByAnAgent = (world: World) =>
  ended(http.get({ host: "example.test", agent: new http.Agent({ host: "127.0.0.1", port: world.tcp } as object) }));
requestOfNodeByAnAgent.unproven = "an agent's own address is asked only by some versions of Node's modules";

export const requestOfNodeByHttp2 = (world: World) => ended(http2.connect(`http://127.0.0.1:${world.tcp}`));

export const webSocket = (world: World) =>
  within(
    PATIENCE_MS,
    new Promise<void>((done, failed) => {
      const socket = new WebSocket(`ws://127.0.0.1:${world.tcp}/`);
      socket.onerror = (event) => failed(new Error((event as ErrorEvent).message));
      socket.onclose = () => done();
    }),
  );

export async function webSocketAsStream(world: World) {
  const { WebSocketStream } = globalThis as unknown as {
    WebSocketStream: new (url: string) => { opened: Promise<void> };
  };
  await within(PATIENCE_MS, new WebSocketStream(`ws://127.0.0.1:${world.tcp}/`).opened);
}

export const eventSource = (world: World) =>
  within(
    PATIENCE_MS,
    new Promise<void>((_done, failed) => {
      const source = new EventSource(`http://127.0.0.1:${world.tcp}/`);
      source.onerror = () => {
        source.close();
        failed(new Error("it failed"));
      };
    }),
  );

export async function quic(world: World) {
  const { connectQuic } = Deno as unknown as { connectQuic(to: object): Promise<unknown> };
  const to = { hostname: "127.0.0.1", port: world.udp, alpnProtocols: ["h3"] };
  await within(500, connectQuic(to));
}

export async function webTransport(world: World) {
  const { WebTransport } = globalThis as unknown as { WebTransport: new (url: string) => { ready: Promise<void> } };
  await within(500, new WebTransport(`https://127.0.0.1:${world.udp}/`).ready);
}

export async function datagram(world: World) {
  const { listenDatagram } = Deno as unknown as { listenDatagram(at: object): Deno.DatagramConn };
  const out = listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  await out.send(new TextEncoder().encode(world.word), { transport: "udp", hostname: "127.0.0.1", port: world.udp });
  out.close();
}

export async function datagramToASocket(world: World) {
  const { listenDatagram } = Deno as unknown as { listenDatagram(at: object): Deno.DatagramConn };
  const out = listenDatagram({ transport: "unixpacket", path: `${world.scratch}/mine` });
  await out.send(new TextEncoder().encode(world.word), { transport: "unixpacket", path: world.unix_datagrams });
  out.close();
}

export const datagramOfNode = (world: World) =>
  within(
    PATIENCE_MS,
    new Promise<void>((done, failed) => {
      const out = createSocket("udp4");
      out.on("error", failed);
      out.send(world.word, world.udp, "127.0.0.1", (error) => {
        out.close();
        if (error) failed(error);
        else done();
      });
    }),
  );

/** A server for names that is not the machine's. */
export async function lookUp(world: World) {
  const nameServer = { ipAddr: "127.0.0.1", port: world.udp };
  await within(500, Deno.resolveDns("secret.example.test", "A", { nameServer }));
}

export async function lookUpOverTcp(world: World) {
  const nameServer = { ipAddr: "127.0.0.1", port: world.tcp };
  await within(PATIENCE_MS, Deno.resolveDns("secret.example.test", "TXT", { nameServer }));
}
lookUpOverTcp.unproven = "Deno asks over UDP first";

export async function lookUpOfNode(world: World) {
  const resolver = new Resolver({ timeout: 300, tries: 1 });
  resolver.setServers([`127.0.0.1:${world.udp}`]);
  await within(500, resolver.resolve4("secret.example.test"));
}

export function listen() {
  using here = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `listens on ${JSON.stringify(here.addr)}`;
}

export function listenAtASocket(world: World) {
  using here = Deno.listen({ transport: "unix", path: `${world.scratch}/listener` });
  return `listens on ${JSON.stringify(here.addr)}`;
}

export async function serve() {
  const here = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response("x"));
  await here.shutdown();
  return `served on ${JSON.stringify(here.addr)}`;
}

const listening = (server: net.Server) =>
  new Promise<string>((done, failed) => {
    server.on("error", failed);
    server.listen(0, "127.0.0.1", () => {
      done(`listens on ${JSON.stringify(server.address())}`);
      server.close();
    });
  });

export const listenOfNode = () => listening(net.createServer());

export const serveOfNode = () => listening(http.createServer());

export const receiveDatagrams = () =>
  new Promise<string>((done, failed) => {
    const here = createSocket("udp4");
    here.on("error", failed);
    here.bind(0, "127.0.0.1", () => {
      done(`listens on ${JSON.stringify(here.address())}`);
      here.close();
    });
  });

export async function beInspected() {
  const inspector = await import("node:inspector");
  inspector.open(0, "127.0.0.1");
  const at = inspector.url();
  inspector.close();
  return at ? `listens on ${at}` : "";
}
beInspected.unproven = "this Deno opens one only as it starts";

interface Store {
  get(key: string[]): Promise<unknown>;
  close(): void;
}

export async function databaseElsewhere(world: World) {
  if (!world.locked) Deno.env.set("DENO_KV_ACCESS_TOKEN", "x");
  const { openKv } = Deno as unknown as { openKv(at: string): Promise<Store> };
  const store = await within(PATIENCE_MS, openKv(`http://127.0.0.1:${world.tcp}/`));
  await within(PATIENCE_MS, store.get(["x"])).finally(() => store.close());
}

/** Modules come from where the lock says, and never while a node runs. */
export async function moduleElsewhere(world: World) {
  await import(`http://127.0.0.1:${world.tcp}/module.ts`);
}
moduleElsewhere.unproven = "nothing is fetched in Deno that has --cached-only";

export async function theRealAddressBehindAMappedOne(world: World) {
  (await Deno.connect({ hostname: "127.0.0.1", port: world.mapped })).close();
  return "connected";
}

export async function anotherPortOfAMappedAddress(world: World) {
  (await Deno.connect({ hostname: "198.18.0.1", port: world.tcp })).close();
}
anotherPortOfAMappedAddress.unproven = "the address is there only for nodes";
