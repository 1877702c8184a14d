import { createHash } from 'node:crypto';

import type { Failure } from '../../../../model/failure.js';
import { failLogin } from '../failures.js';
import type { HostKeyCheck, LoginTarget } from '../target.js';
import { formatAddress } from '../address.js';
import { findKnownKeys, keyTypeOf, type KnownHosts, type KnownKey } from './known-hosts.js';

/** What the files say about a host, before it has shown a key. */
export interface HostKeyRecord {
  readonly check: HostKeyCheck;
  readonly keys: readonly KnownKey[];
  /** Of the host without its port: only good for recognising a key, and only where the host with its port has none. */
  readonly fallbackKeys: readonly KnownKey[];
}

/** @param hosts The files, those of the user first. */
export function lookUpHost(check: HostKeyCheck, hosts: readonly KnownHosts[]): HostKeyRecord {
  const find = (name: string | null) =>
    name === null ? [] : hosts.flatMap((file) => findKnownKeys(file, name));
  return { check, keys: find(check.name), fallbackKeys: find(check.fallbackName) };
}

/** The types of key to ask the host for first. */
export function knownKeyTypes(record: HostKeyRecord): readonly string[] {
  return [...new Set(trustedKeys(record).map(({ type }) => type))];
}

type Way = readonly Pick<LoginTarget, 'user' | 'host' | 'port'>[];

export type HostKeyVerdict =
  | { readonly verdict: 'known' }
  | { readonly verdict: 'unknown'; readonly failure: Failure }
  | { readonly verdict: 'refused'; readonly failure: Failure; readonly isRevoked: boolean };

/**
 * Compares the key that a host has shown with what is on record.
 *
 * @param blob The key as it goes over the wire.
 * @param address For messages.
 * @param way The hops that lead there, the nearest first: whoever wants to see the key has to go the same way.
 */
export function judgeHostKey(
  record: HostKeyRecord,
  blob: Buffer,
  address: string,
  way: Way = [],
): HostKeyVerdict {
  const shown = blob.toString('base64');
  const { check, keys } = record;
  const all = [...keys, ...record.fallbackKeys];
  const revoked = all.find(({ marker, key }) => marker === 'revoked' && key === shown);
  if (revoked) {
    const failure = revokedFailure(address, blob, revoked);
    return { verdict: 'refused', failure, isRevoked: true };
  }
  if (trustedKeys(record).some(({ key }) => key === shown)) return { verdict: 'known' };
  const plain = keys.filter(isPlain);
  const onRecord = plain.find(({ type }) => type === keyTypeOf(blob)) ?? plain[0];
  if (onRecord) {
    const failure = changedFailure(check, address, blob, onRecord);
    return { verdict: 'refused', failure, isRevoked: false };
  }
  const authority = keys.find(({ marker }) => marker === 'cert-authority');
  return { verdict: 'unknown', failure: unknownFailure(check, address, blob, authority, way) };
}

/** `SHA256:…` as ssh prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

function trustedKeys({ keys, fallbackKeys }: HostKeyRecord): readonly KnownKey[] {
  const ofHost = keys.filter(isPlain);
  return ofHost.length > 0 ? ofHost : fallbackKeys.filter(isPlain);
}

function isPlain({ marker }: KnownKey): boolean {
  return marker === null;
}

function describe(blob: Buffer): string {
  return `${keyTypeOf(blob)} ${fingerprint(blob)}`;
}

function revokedFailure(address: string, blob: Buffer, revoked: KnownKey): Failure {
  return failLogin(
    'host_key',
    `${address} shows a host key that is marked as revoked: ${describe(blob)} (${revoked.file}:${revoked.line})`,
    'do not trust whoever answers there; give the machine a new host key, or remove the line if it was revoked by mistake',
  ).failure;
}

function changedFailure(
  check: HostKeyCheck,
  address: string,
  blob: Buffer,
  onRecord: KnownKey,
): Failure {
  const recorded = describe(Buffer.from(onRecord.key, 'base64'));
  return failLogin(
    'host_key',
    `the host key of ${address} is not the one on record: it shows ${describe(blob)}, ${onRecord.file}:${onRecord.line} has ${recorded}`,
    `somebody may be answering in its place; if the machine was set up anew, remove the old key: ssh-keygen -R '${check.name}' -f ${onRecord.file}`,
  ).failure;
}

function unknownFailure(
  check: HostKeyCheck,
  address: string,
  blob: Buffer,
  authority: KnownKey | undefined,
  way: Way,
): Failure {
  const [file] = check.userFiles;
  const certificates = authority
    ? `; ${authority.file}:${authority.line} trusts certificates for it, which are not supported: its key itself has to be on record`
    : '';
  return failLogin(
    'host_key',
    `the host key of ${address} is not known: ${describe(blob)}${certificates}`,
    `compare the fingerprint on the machine (ssh-keygen -lf /etc/ssh/ssh_host_${shortType(blob)}_key.pub), then add the key: ${keyscan(check.name, way)} >> ${file}; or set \`host_key: accept-new\``,
  ).failure;
}

function shortType(blob: Buffer): string {
  return keyTypeOf(blob)
    .replace(/^ssh-/, '')
    .replace(/^ecdsa-.*$/, 'ecdsa');
}

/** What prints the key of a host: asked for on the last hop where it can only be reached from there. */
function keyscan(name: string, way: Way): string {
  const withPort = /^\[(.*)\]:(\d+)$/.exec(name);
  const scan = withPort ? `ssh-keyscan -p ${withPort[2]} ${withPort[1]}` : `ssh-keyscan ${name}`;
  const last = way.at(-1);
  if (!last) return scan;
  const before = way
    .slice(0, -1)
    .map(({ user, host, port }) => `${user}@${formatAddress(host, port)}`);
  const jump = before.length === 0 ? '' : `-J ${before.join(',')} `;
  return `ssh ${jump}-p ${last.port} ${last.user}@${last.host} ${scan}`;
}
