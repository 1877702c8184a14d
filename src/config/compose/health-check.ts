import type { Report } from '../problem-log.js';
import { describe, locateNode, type YamlMap } from '../yaml/tree.js';
import { readDuration } from './duration.js';
import { HEALTHCHECK_KEYS } from './keys.js';
import type { ComposeHealthCheck } from './model.js';
import {
  checkKeys,
  fail,
  readCount,
  readFlag,
  readMap,
  readText,
  readTexts,
  valueOf,
  type Placed,
} from './reader.js';

/** The defaults of the Compose Specification, from those of a Dockerfile's HEALTHCHECK. */
const INTERVAL_MS = 30_000;
const TIMEOUT_MS = 30_000;
const START_PERIOD_MS = 0;
const START_INTERVAL_MS = 5_000;

/** Reads `healthcheck`. `null` where there is none, or it is switched off. */
export function readHealthCheck(
  report: Report,
  service: Placed<YamlMap>,
): ComposeHealthCheck | null {
  const value = valueOf(service, 'healthcheck');
  const map = value && readMap(report, value);
  if (!map) return null;
  checkKeys(report, map, HEALTHCHECK_KEYS);

  const time = (key: string, otherwise: number): number => {
    const written = valueOf(map, key);
    return (written && readDuration(report, written)) ?? otherwise;
  };
  const disable = valueOf(map, 'disable');
  const isDisabled = disable ? readFlag(report, disable) === true : false;
  const test = valueOf(map, 'test');
  const argv = test ? readTest(report, test) : null;
  const retries = valueOf(map, 'retries');
  const retryCount = retries ? readCount(report, retries, 0) : undefined;
  const check: ComposeHealthCheck = {
    argv: argv === 'none' ? null : argv,
    hasTest: test !== undefined,
    intervalMs: time('interval', INTERVAL_MS),
    timeoutMs: time('timeout', TIMEOUT_MS),
    // As in Docker, 0 is what is not said.
    retries: retryCount === undefined || retryCount === 0 ? null : retryCount,
    startPeriodMs: time('start_period', START_PERIOD_MS),
    startIntervalMs: time('start_interval', START_INTERVAL_MS),
    at: locateNode(map.node),
  };
  return isDisabled || argv === 'none' ? null : check;
}

/** The program of a `test`; `none` for `["NONE"]`, `null` where it is not valid. */
function readTest(report: Report, test: Placed): readonly string[] | 'none' | null {
  if (test.node.kind === 'scalar') {
    const line = readText(report, test);
    if (line === undefined) return null;
    return line.trim() === '' ? refuse(report, test) : inShell(line);
  }
  const words = readTexts(report, test, false);
  if (!words) return null;
  const [kind = '', ...rest] = words;
  switch (kind) {
    case 'NONE':
      return 'none';
    case 'CMD':
      return rest.length > 0 ? rest : refuse(report, test);
    case 'CMD-SHELL':
      return rest.length === 1 && rest[0] !== undefined ? inShell(rest[0]) : refuse(report, test);
    default:
      return refuse(report, test);
  }
}

function inShell(line: string): readonly string[] {
  return ['/bin/sh', '-c', line];
}

function refuse(report: Report, test: Placed): null {
  fail(
    report,
    test,
    `must be a text, or a list that starts with CMD, CMD-SHELL or NONE; got ${describe(test.node)}`,
    'write ["CMD", "curl", "-f", "http://localhost:8000/health"], or one line for a shell',
  );
  return null;
}
