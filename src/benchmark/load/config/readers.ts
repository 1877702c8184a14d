import { parseDuration } from '../../duration.js';

/** What a reader made of a value. */
type Reading<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly expected: string };

/** Takes a value of unknown origin as what it should be, or says what was expected instead. */
export type Reader<T> = (value: unknown) => Reading<T>;

const LONGEST_LIST = 1000;

function accept<T>(value: T): Reading<T> {
  return { ok: true, value };
}

function refuse(expected: string): { readonly ok: false; readonly expected: string } {
  return { ok: false, expected };
}

export const readText: Reader<string> = (value) =>
  typeof value === 'string' && value.trim() !== ''
    ? accept(value)
    : refuse('a text that is not empty');

export const readBoolean: Reader<boolean> = (value) =>
  typeof value === 'boolean' ? accept(value) : refuse('true or false');

/** A whole number from `least` on. */
export function readInteger(least: number): Reader<number> {
  return (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least
      ? accept(value)
      : refuse(`a whole number, at least ${least}`);
}

/** A number between 0 and 1, both included. */
export const readRatio: Reader<number> = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1
    ? accept(value)
    : refuse('a number between 0 and 1');

/** Requests in flight at most; `null` or `"unlimited"`: no limit. */
export const readConcurrency: Reader<number | null> = (value) =>
  value === null || value === 'unlimited'
    ? accept(null)
    : typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
      ? accept(value)
      : refuse('a whole number, at least 1, or "unlimited"');

/** Requests per second; `Infinity` for `"inf"`. */
export const readRate: Reader<number> = (value) =>
  value === 'inf'
    ? accept(Infinity)
    : typeof value === 'number' && Number.isFinite(value) && value > 0
      ? accept(value)
      : refuse('a number of requests per second above 0, or "inf"');

/** One of them, or a list of them that is not empty and names none twice. */
export function readOneOrList<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value) => {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (items.length === 0) return refuse('at least one value');
    if (items.length > LONGEST_LIST) return refuse(`at most ${LONGEST_LIST} values`);
    const values: T[] = [];
    for (const item of items) {
      const reading = read(item);
      if (!reading.ok) {
        return items.length === 1
          ? reading
          : refuse(`${reading.expected}, for each value of the list`);
      }
      if (values.includes(reading.value)) {
        return refuse(`a list without repetition: ${JSON.stringify(item)} is in it twice`);
      }
      values.push(reading.value);
    }
    return accept(values);
  };
}

/** A length of time above zero, in ms. */
export const readDuration: Reader<number> = (value) => {
  const ms = parseDuration(value);
  return ms !== null && ms > 0
    ? accept(ms)
    : refuse('a length of time above 0 and below 24 days: seconds, or "90s", "5m", "1h"');
};

/** A JSON object. */
export const readObject: Reader<Readonly<Record<string, unknown>>> = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? accept(value as Record<string, unknown>)
    : refuse('an object, such as {"key": "value"}');

/** Where the server is, without a slash at the end. Credentials in it are refused: a URL ends up in results. */
export const readBaseUrl: Reader<string> = (value) => {
  const expected = 'the URL of a server, such as http://127.0.0.1:8000';
  if (typeof value !== 'string' || !URL.canParse(value)) return refuse(expected);
  const url = new URL(value);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return refuse(expected);
  if (url.username !== '' || url.password !== '') {
    return refuse(
      'a URL without a user name or password: name the variable that holds a key in api_key_env',
    );
  }
  if (url.search !== '' || url.hash !== '') return refuse(`${expected}, without ? and #`);
  return accept(`${url.origin}${url.pathname}`.replace(/\/+$/, ''));
};

/** `completions`, `chat`, or a path of the server. */
export const readEndpoint: Reader<string> = (value) =>
  typeof value === 'string' &&
  (value === 'completions' || value === 'chat' || /^\/\S*$/.test(value))
    ? accept(value)
    : refuse('completions, chat, or a path that begins with /');

/** The name of an environment variable. */
export const readVariableName: Reader<string> = (value) =>
  typeof value === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(value)
    ? accept(value)
    : refuse('the name of an environment variable, not the key itself');

/** Members that are added to the body of every request. */
export const readExtraBody: Reader<Readonly<Record<string, unknown>>> = (value) => {
  const reading = readObject(value);
  return reading.ok && 'stream' in reading.value
    ? refuse('an object without "stream": latencies can only be measured on a stream')
    : reading;
};
