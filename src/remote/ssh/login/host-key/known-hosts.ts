import { matchesHash, matchesPatterns, parseHashedName, type HashedName } from './pattern.js';

/** One key of a known_hosts file. */
export interface KnownKey {
  readonly marker: 'revoked' | 'cert-authority' | null;
  /** `ssh-ed25519`. */
  readonly type: string;
  /** As it goes over the wire, base64. */
  readonly key: string;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

interface Entry<N> {
  readonly name: N;
  readonly key: KnownKey;
}

/** A known_hosts file, arranged so that finding a host among thousands is one look-up. */
export interface KnownHosts {
  readonly file: string;
  readonly exact: Map<string, KnownKey[]>;
  readonly patterned: Entry<readonly string[]>[];
  readonly hashed: Entry<HashedName>[];
  lineCount: number;
}

/** Reads a known_hosts file. Lines that make no sense are passed over, as ssh does. */
export function parseKnownHosts(file: string, text: string): KnownHosts {
  const hosts: KnownHosts = {
    file,
    exact: new Map(),
    patterned: [],
    hashed: [],
    lineCount: 0,
  };
  addKnownHosts(hosts, text);
  return hosts;
}

/** Adds lines that were appended to the file. */
export function addKnownHosts(hosts: KnownHosts, text: string): void {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) {
    hosts.lineCount += 1;
    addLine(hosts, line);
  }
}

function addLine(hosts: KnownHosts, text: string): void {
  const fields = text.trim().split(/[ \t]+/);
  if (fields[0] === '' || fields[0]?.startsWith('#')) return;
  let marker: KnownKey['marker'] = null;
  if (fields[0]?.startsWith('@')) {
    const word = fields.shift()?.slice(1);
    if (word !== 'revoked' && word !== 'cert-authority') return;
    marker = word;
  }
  const [names, type, key] = fields;
  if (!names || !type || !key || !isKeyOf(type, key)) return;
  const known: KnownKey = { marker, type, key, file: hosts.file, line: hosts.lineCount };

  if (names.startsWith('|')) {
    const name = parseHashedName(names);
    if (name) hosts.hashed.push({ name, key: known });
    return;
  }
  const patterns = names.split(',');
  if (patterns.some((pattern) => /[*?!]/.test(pattern))) {
    hosts.patterned.push({ name: patterns, key: known });
    return;
  }
  for (const pattern of patterns) {
    const name = pattern.toLowerCase();
    const keys = hosts.exact.get(name);
    if (keys) keys.push(known);
    else hosts.exact.set(name, [known]);
  }
}

/** The blob begins with its own type. */
function isKeyOf(type: string, key: string): boolean {
  const blob = Buffer.from(key, 'base64');
  return blob.length > 4 && keyTypeOf(blob) === type;
}

/** The type that a public key as it goes over the wire says of itself. */
export function keyTypeOf(blob: Buffer): string {
  if (blob.length < 4) return '';
  return blob.toString('latin1', 4, 4 + blob.readUInt32BE(0));
}

/** Every line that speaks of a host, with whatever marker. */
export function findKnownKeys(hosts: KnownHosts, name: string): readonly KnownKey[] {
  return [
    ...(hosts.exact.get(name.toLowerCase()) ?? []),
    ...hosts.patterned.filter((entry) => matchesPatterns(name, entry.name)).map(({ key }) => key),
    ...hosts.hashed.filter((entry) => matchesHash(name, entry.name)).map(({ key }) => key),
  ];
}
