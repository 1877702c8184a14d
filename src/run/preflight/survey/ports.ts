import { type Answer, linesOf } from './answer.js';
import { parseOurProcesses } from './ours.js';

/** Something that has a port on a node. */
export interface PortHolder {
  readonly protocol: 'tcp' | 'udp';
  /** `null`: all of them. */
  readonly address: string | null;
  readonly port: number;
  /** For people; `null` where nobody may know. */
  readonly description: string | null;
  /** Some run of playbook has started it. */
  readonly isOurs: boolean;
}

/** Everything that has a port, by what says most of it: docker, `ss`, the kernel's tables. */
export function parsePortHolders(answer: Answer): readonly PortHolder[] {
  const ours = parseOurProcesses(answer);
  const known = [
    ...linesOf(answer, 'published').flatMap(parsePublished),
    ...linesOf(answer, 'socket').flatMap((line) => parseSocket(line, ours)),
    ...linesOf(answer, 'listening').flatMap(parseListening),
  ];
  const holders = new Map<string, PortHolder>();
  for (const holder of known) {
    const key = `${holder.protocol} ${holder.port}`;
    // docker-proxy listens where docker publishes: the container is who has it.
    if (known.some((other) => other !== holder && isSaidBetter(holder, other))) continue;
    const identity = `${key} ${holder.address ?? '*'} ${holder.description ?? ''}`;
    if (!holders.has(identity)) holders.set(identity, holder);
  }
  return [...holders.values()];
}

function isSaidBetter(holder: PortHolder, other: PortHolder): boolean {
  if (holder.protocol !== other.protocol || holder.port !== other.port) return false;
  const isProxy = holder.description === null || holder.description.includes('docker-proxy');
  return isProxy && other.description !== null && !other.description.includes('docker-proxy');
}

/** `ID NAME IMAGE RUN PORTS`, separated by tabs; ports as `0.0.0.0:18008->8000/tcp, :::18008->8000/tcp`. */
function parsePublished(line: string): PortHolder[] {
  const [, name = '', image = '', run = '', ports = ''] = line.split('\t');
  return ports.split(', ').flatMap((written): PortHolder[] => {
    const found = /^(.*):(\d+)(?:-(\d+))?->.*\/(tcp|udp)$/.exec(written);
    if (!found) return [];
    const [, address = '', first = '', last = first, protocol] = found;
    const count = Number(last) - Number(first) + 1;
    return Array.from({ length: count }, (_, index) => ({
      protocol: protocol === 'udp' ? 'udp' : 'tcp',
      address: normalAddress(address),
      port: Number(first) + index,
      description: `container ${name} (${image})`,
      isOurs: run !== '',
    }));
  });
}

/** `tcp LISTEN 0 4096 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=812,fd=3))`; the users only where the login may know. */
function parseSocket(line: string, ours: ReadonlySet<number>): PortHolder[] {
  const [kind, , , , local = '', , users = ''] = line.trim().split(/\s+/);
  const place = parsePlace(local);
  if (!place || (kind !== 'tcp' && kind !== 'udp')) return [];
  const found = /"([^"]*)",pid=(\d+)/.exec(users);
  const pid = found?.[2];
  return [
    {
      protocol: kind,
      ...place,
      description: pid === undefined ? null : `${found?.[1] ?? ''} (process ${pid})`,
      isOurs: ours.has(Number(pid)),
    },
  ];
}

function parsePlace(local: string): { address: string | null; port: number } | null {
  const colon = local.lastIndexOf(':');
  const port = Number(local.slice(colon + 1));
  if (colon === -1 || !Number.isInteger(port) || port === 0) return null;
  return { address: normalAddress(local.slice(0, colon).replace(/%.*$/, '')), port };
}

function normalAddress(address: string): string | null {
  const bare = address.replace(/^\[|\]$/g, '');
  return ['', '*', '0.0.0.0', '::'].includes(bare) ? null : bare;
}

/** `tcp 0100007F:1F90`: the kernel writes addresses in hexadecimal, by words in the machine's byte order. */
function parseListening(line: string): PortHolder[] {
  const [table = '', local = ''] = line.split(' ');
  const [hex = '', port = ''] = local.split(':');
  const number = Number.parseInt(port, 16);
  if (!Number.isInteger(number) || number === 0) return [];
  return [
    {
      protocol: table.startsWith('udp') ? 'udp' : 'tcp',
      address: addressOf(hex),
      port: number,
      description: null,
      isOurs: false,
    },
  ];
}

function addressOf(hex: string): string | null {
  if (/^0*$/.test(hex)) return null;
  if (hex.length === 8) return bytesOf(hex).join('.');
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap(bytesOf);
  const isMapped = words[0] === '00000000' && words[1] === '00000000' && words[2] === 'FFFF0000';
  if (isMapped) return bytes.slice(12).join('.');
  return /^0{24}01000000$/.test(hex) ? '::1' : hex;
}

function bytesOf(word: string): number[] {
  return (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).reverse();
}
