import type { StampedEvent } from '../model/event.js';
import type { WarningRecord } from '../model/result.js';
import { type JsonObject, asString, asStrings } from './read/json.js';
import { parseFailure, parseWarnings } from './read/record.js';

type Said = Omit<WarningRecord, 'times'>;

/** What a run has warned of so far, the same thing once, in the order in which it was first said. */
export interface WarningFold {
  add(said: readonly Said[]): void;
  list(): readonly WarningRecord[];
}

/** A warning that tells something new each time, such as a number, must not make a summary that nobody can read. */
const MOST_DISTINCT = 100;

export function createWarningFold(): WarningFold {
  const found = new Map<string, { readonly said: Said; times: number }>();
  let beyond = 0;
  return {
    add(warnings) {
      for (const said of warnings) {
        const key = JSON.stringify([said.scenario, said.node, said.service, said.message]);
        const before = found.get(key);
        if (before) before.times += 1;
        else if (found.size < MOST_DISTINCT) found.set(key, { said, times: 1 });
        else beyond += 1;
      }
    },
    list() {
      const records = [...found.values()].map(({ said, times }) => ({ ...said, times }));
      if (beyond === 0) return records;
      const message = `and ${beyond} more, which events.ndjson has`;
      return [...records, { message, scenario: null, node: null, service: null, times: 1 }];
    },
  };
}

/** What an event tells that made nothing fail. */
export function warningsOf(event: StampedEvent): readonly Said[] {
  return warningsIn({ ...event });
}

/** The same of a line of `events.ndjson`, which anybody may have written. */
export function warningsIn(event: JsonObject): readonly Said[] {
  const scenario = asString(event['scenario']);
  const node = asString(event['node']);
  switch (event['type']) {
    case 'warning':
      return parseWarnings([event]);
    case 'node_checked':
      return asStrings(event['warnings']).map((message) => ({
        ...{ message, scenario: null, node, service: null },
      }));
    case 'hook_finished': {
      const failure = parseFailure(event['failure']);
      if (failure === null || event['on_error'] === 'fail') return [];
      return [{ message: failure.message, scenario, node: failure.node, service: null }];
    }
    default:
      return [];
  }
}
