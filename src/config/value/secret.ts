/**
 * Collects the values that must not appear in any output.
 *
 * Secret is: every password and passphrase of a node, and every value whose name says so (`HF_TOKEN`, `DB_PASSWORD`), that
 * is the key of an API by `api_key_env`, that is made as tokens of well-known services are, or that is the password in a
 * URL. Never secret is what has fewer than four characters, and words such as `true` or `none`: masking those would garble
 * every output and hide nothing. Other values are masked however common they are: with the password `root`, so is the
 * `root` of a path.
 */
export interface SecretCollector {
  /** Keeps the value if the name is one that secrets have, or the value itself gives it away. */
  note(name: string, value: string): void;
  /** Keeps every value that a variable is given, before and from now on. */
  mark(name: string): void;
  /** Keeps the value, whatever its name. */
  add(value: string | null): void;
  readonly values: () => readonly string[];
}

/** Masking shorter ones would garble output and hide nothing. */
const MIN_LENGTH = 4;
const SECRET_NAME =
  /PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|(?:API|ACCESS|PRIVATE|AUTH|ENCRYPTION|SIGNING|MASTER|SESSION|LICENSE)_?KEY|TOKEN(?:_|$)|BEARER|AUTHORIZATION|COOKIE|_PASS$|_PWD$/;
/** Many keys are names: `SORT_KEY=created`. Those that are made up of random characters are none. */
const KEY_NAME = /(?:^|_)KEY$/;
const RANDOM = /^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_+=-]{16,}$/;
/** Hugging Face, OpenAI, GitHub, GitLab, Slack, AWS, NVIDIA, JSON web tokens. */
const KNOWN_TOKEN =
  /^(?:hf_|sk-|gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|AKIA|ASIA|nvapi-|eyJ[\w-]{8,}\.)[\w.+/=-]{12,}$/;
const URL_PASSWORD = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s/?#:@]*:([^\s/?#]+)@/;
/** Where a secret lies, or what it is called, is none. */
const PLACE_OF_SECRET = /_(?:PATH|FILE|DIR|ENV|NAME)$/;
/** Parts of a vocabulary: `EOS_TOKEN=</s>`. */
const SPECIAL_TOKEN = /(?:^|_)(?:EOS|BOS|PAD|UNK|SEP|CLS|MASK|STOP|START|END|SPECIAL)_TOKEN/;
/** In this field most tokens are counted, not kept secret: `MAX_TOKEN=4096`. */
const COUNTED_NAME = 'TOKEN';
const NO_SECRET = /^(?:true|false|yes|no|on|off|none|null)$/i;

export function looksSecret(name: string): boolean {
  const normal = normalize(name);
  return SECRET_NAME.test(normal) && !PLACE_OF_SECRET.test(normal) && !SPECIAL_TOKEN.test(normal);
}

/** `apiKey` and `api-key` as `API_KEY`. */
function normalize(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();
}

/**
 * Whether a text can hold a secret, or the name of one, at all: what saves looking at every name of most files. It says yes
 * to everything to which `looksSecret` and `KNOWN_TOKEN` do.
 */
export function mayHoldSecret(text: string): boolean {
  return /pass|pwd|secret|credential|key|token|bearer|authoriz|cookie|:\/\/[^\s/]*@|hf_|sk-|gh[pousr]_|github_pat_|glpat-|xox|a[ks]ia|nvapi-|eyj/i.test(
    text,
  );
}

export function createSecretCollector(): SecretCollector {
  const secrets = new Set<string>();
  const add = (value: string | null) => {
    if (value !== null && value.length >= MIN_LENGTH && !NO_SECRET.test(value)) secrets.add(value);
  };
  const marked = new Set<string>();
  /** By name: all that was noted. */
  const noted = new Map<string, Set<string>>();
  return {
    note(name, value) {
      noted.set(name, (noted.get(name) ?? new Set()).add(value));
      const [, password = ''] = URL_PASSWORD.exec(value) ?? [];
      add(password);
      add(decoded(password));
      if (marked.has(name) || KNOWN_TOKEN.test(value) || isRandomKey(name, value)) add(value);
      if (!looksSecret(name)) return;
      if (name.toUpperCase().includes(COUNTED_NAME) && /^\d+$/.test(value)) return;
      add(value);
    },
    mark(name) {
      marked.add(name);
      for (const value of noted.get(name) ?? []) add(value);
    },
    add,
    // The longest first, so that a secret inside another one leaves nothing of it behind.
    values: () => [...secrets].sort((a, b) => b.length - a.length || (a < b ? -1 : 1)),
  };
}

function isRandomKey(name: string, value: string): boolean {
  return KEY_NAME.test(normalize(name)) && RANDOM.test(value);
}

/** `%40` as `@`; the text itself where it is not encoded properly. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Takes secrets out of a text that is about to be shown, also as they are written in YAML and JSON. */
export function createMask(secrets: readonly string[]): (text: string) => string {
  const written = secrets.flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll("'", "''"),
    secret.replaceAll('$', '$$$$'),
  ]);
  const forms = [...new Set(written)].sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((masked, form) => masked.replaceAll(form, '***'), text);
}
