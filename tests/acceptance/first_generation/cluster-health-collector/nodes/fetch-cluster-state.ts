import type { Context } from "pipedreamer";

const SA_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
const API_SERVER = "https://kubernetes.default.svc";

interface ClusterState {
  nodes: number;
  pods: number;
}

export default async function run(ctx: Context, _input: unknown): Promise<ClusterState> {
  const token = await Deno.readTextFile(`${SA_PATH}/token`);
  const caCert = await Deno.readTextFile(`${SA_PATH}/ca.crt`);
  const client = Deno.createHttpClient({ caCerts: [caCert] });

  async function count(path: string): Promise<number> {
    const response = await fetch(`${API_SERVER}${path}`, {
      client,
      headers: { Authorization: `Bearer ${token.trim()}` },
    });
    if (!response.ok) {
      throw new Error(`Kubernetes API error: ${response.status} ${path}`);
    }
    const { items } = await response.json();
    return items.length;
  }

  try {
    const [nodes, pods] = await Promise.all([count("/api/v1/nodes"), count("/api/v1/pods")]);
    ctx.log.info("cluster state", { nodes, pods });
    return { nodes, pods };
  } finally {
    client.close();
  }
}
