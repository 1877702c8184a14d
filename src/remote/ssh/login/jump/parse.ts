/** One hop of `proxy_jump` or ProxyJump. */
export interface JumpStep {
  /** As written. */
  readonly text: string;
  readonly user: string | null;
  readonly host: string;
  readonly port: number | null;
}

/**
 * Reads `[user@]host[:port]` or `ssh://[user@]host[:port]`, several by commas, the nearest to here first.
 *
 * @returns `null` where it cannot be read.
 */
export function parseJump(text: string): readonly [JumpStep, ...JumpStep[]] | null {
  const [first, ...rest] = text.split(',').map((part) => parseStep(part.trim()));
  if (!first || rest.includes(null)) return null;
  return [first, ...rest.filter((step) => step !== null)];
}

const STEP =
  /^(?:ssh:\/\/)?(?:(?<user>.+)@)?(?:\[(?<v6>[^\]]+)\]|(?<host>[^\s@/:[\]]+))(?::(?<port>\d+))?\/?$/;
/** ssh takes it for a host where nothing could be its port. */
const BARE_V6 = /^(?:(?<user>[^@]+)@)?(?<v6>[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/;

function parseStep(text: string): JumpStep | null {
  const groups = (BARE_V6.exec(text) ?? STEP.exec(text))?.groups;
  if (!groups) return null;
  const host = groups['v6'] ?? groups['host'];
  const port = groups['port'] === undefined ? null : Number(groups['port']);
  if (host === undefined || host.startsWith('-')) return null;
  if (port !== null && (port < 1 || port > 65_535)) return null;
  return { text, user: groups['user'] ?? null, host, port };
}
