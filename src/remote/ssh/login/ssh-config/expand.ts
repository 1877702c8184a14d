/** What the tokens of an ssh_config value stand for. */
export interface TokenValues {
  readonly home: string;
  readonly localUser: string;
  /** As it was asked for. */
  readonly originalHost: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** Replaces a leading `~`, `%` tokens and `${VARIABLES}` as ssh does in paths. */
export function expandPath(
  text: string,
  values: TokenValues,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    d: values.home,
    u: values.localUser,
    n: values.originalHost,
    h: values.host,
    k: values.originalHost,
    p: String(values.port),
    r: values.user,
  };
  return expandHome(text, values.home)
    .replace(/\$\{(\w+)\}/g, (whole, name: string) => environment[name] ?? whole)
    .replace(/%(.)/g, (whole, token: string) => tokens[token] ?? whole);
}

export function expandHome(text: string, home: string): string {
  return text === '~' || text.startsWith('~/') ? home + text.slice(1) : text;
}
