import { createHash } from 'node:crypto';

import {
  type HeldPort,
  type Holding,
  type KeptResults,
  type NamedNode,
  isHoldingKind,
} from './holding.js';

/** One line of the journal. */
export type JournalRecord =
  | {
      readonly type: 'opened';
      readonly run: string;
      readonly controller: string;
      readonly machine: string;
      /** ISO 8601 in UTC, for people. */
      readonly at: string;
      readonly nodes: readonly NamedNode[];
    }
  | {
      readonly type: 'bases';
      readonly run: string;
      readonly node: string;
      readonly paths: readonly string[];
    }
  | {
      readonly type: 'entered';
      readonly run: string;
      readonly id: number;
      readonly holding: Holding;
    }
  | {
      readonly type: 'kept';
      readonly run: string;
      readonly id: number;
      readonly results: KeptResults;
    }
  | { readonly type: 'struck'; readonly run: string; readonly id: number };

/** In characters of hexadecimal. */
const CHECKSUM_LENGTH = 16;

/** `CHECKSUM JSON`, with the newline. */
export function encodeRecord(record: JournalRecord): string {
  const json = JSON.stringify(record);
  return `${checksum(json)} ${json}\n`;
}

/** @returns `null` for anything but a whole line that this version understands. */
export function decodeRecord(line: string): JournalRecord | null {
  const json = line.slice(CHECKSUM_LENGTH + 1);
  if (line.slice(0, CHECKSUM_LENGTH + 1) !== `${checksum(json)} `) return null;
  const value: unknown = JSON.parse(json);
  return isRecord(value) ? value : null;
}

function checksum(json: string): string {
  return createHash('sha256').update(json).digest('hex').slice(0, CHECKSUM_LENGTH);
}

function isRecord(value: unknown): value is JournalRecord {
  if (!isObject(value) || typeof value['run'] !== 'string') return false;
  switch (value['type']) {
    case 'opened':
      return (
        typeof value['controller'] === 'string' &&
        typeof value['machine'] === 'string' &&
        Array.isArray(value['nodes']) &&
        value['nodes'].every((node) => isObject(node) && typeof node['name'] === 'string')
      );
    case 'bases':
      return typeof value['node'] === 'string' && isTexts(value['paths']);
    case 'entered':
      return typeof value['id'] === 'number' && isHolding(value['holding']);
    case 'kept':
      return typeof value['id'] === 'number' && isKept(value['results']);
    case 'struck':
      return typeof value['id'] === 'number';
    default:
      return false;
  }
}

function isHolding(value: unknown): value is Holding {
  return (
    isObject(value) &&
    typeof value['node'] === 'string' &&
    isHoldingKind(value['kind']) &&
    typeof value['description'] === 'string' &&
    (value['paths'] === undefined || isTexts(value['paths'])) &&
    (value['ports'] === undefined ||
      (Array.isArray(value['ports']) && value['ports'].every(isPort)))
  );
}

function isPort(value: unknown): value is HeldPort {
  return (
    isObject(value) &&
    (value['protocol'] === 'tcp' || value['protocol'] === 'udp') &&
    typeof value['port'] === 'number' &&
    typeof value['service'] === 'string' &&
    (value['by'] === null || typeof value['by'] === 'string')
  );
}

function isKept(value: unknown): value is KeptResults {
  return (
    isObject(value) &&
    typeof value['node'] === 'string' &&
    typeof value['scenario'] === 'string' &&
    isTexts(value['folders']) &&
    isTexts(value['directories'])
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
