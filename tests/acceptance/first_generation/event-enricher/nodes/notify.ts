import type { Context, Logger, SecretsConfig } from "pipedreamer";

interface Input {
  transform: { text: string };
  enrich: { repository: { full_name?: string } };
}

export default async function run(ctx: Context, input: Input) {
  return {
    text: `${input.enrich.repository.full_name ?? "?"}: ${input.transform.text}`,
    signed: tokenOf(ctx.secrets, ctx.log) !== undefined,
    nats: ctx.config.nats_url,
  };
}

function tokenOf(secrets: SecretsConfig, log: Logger): string | undefined {
  const token = secrets["api-token"] as { value: string } | undefined;
  if (!token) {
    log.error("no api-token");
  }
  return token?.value;
}
