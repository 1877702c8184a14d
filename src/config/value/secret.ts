/** Collects the values that must not appear in any output. */
export interface SecretCollector {
  /** Keeps the value if the name is one that secrets have. */
  note(name: string, value: string): void;
  /** Keeps the value, whatever its name. */
  add(value: string | null): void;
  readonly values: () => readonly string[];
}

/** Masking shorter ones would garble output and hide nothing. */
const MIN_LENGTH = 4;
const SECRET_NAME =
  /PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|TOKEN(?:_|$)|_PASS$|_PWD$/;
/** Where a secret lies, or what it is called, is none. */
const PLACE_OF_SECRET = /_(?:PATH|FILE|DIR|ENV|NAME)$/;
/** Parts of a vocabulary: `EOS_TOKEN=</s>`. */
const SPECIAL_TOKEN = /(?:^|_)(?:EOS|BOS|PAD|UNK|SEP|CLS|MASK|STOP|START|END|SPECIAL)_TOKEN/;
/** In this field most tokens are counted, not kept secret: `MAX_TOKEN=4096`. */
const COUNTED_NAME = 'TOKEN';
const NO_SECRET = /^(?:true|false|yes|no|on|off|none|null)$/i;

export function looksSecret(name: string): boolean {
  const normal = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
  return SECRET_NAME.test(normal) && !PLACE_OF_SECRET.test(normal) && !SPECIAL_TOKEN.test(normal);
}

/** Whether a text can have the name of a secret in it at all: what saves looking at every name of most files. */
export function mayNameSecret(text: string): boolean {
  return /passw|_pass|_pwd|passphrase|secret|credential|api_?key|access_?key|private_?key|token/i.test(
    text,
  );
}

export function createSecretCollector(): SecretCollector {
  const secrets = new Set<string>();
  const add = (value: string | null) => {
    if (value !== null && value.length >= MIN_LENGTH && !NO_SECRET.test(value)) secrets.add(value);
  };
  return {
    note(name, value) {
      if (!looksSecret(name)) return;
      if (name.toUpperCase().includes(COUNTED_NAME) && /^\d+$/.test(value)) return;
      add(value);
    },
    add,
    // The longest first, so that a secret inside another one leaves nothing of it behind.
    values: () => [...secrets].sort((a, b) => b.length - a.length || (a < b ? -1 : 1)),
  };
}

/** Takes secrets out of a text that is about to be shown. */
export function createMask(secrets: readonly string[]): (text: string) => string {
  return (text) => secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}
