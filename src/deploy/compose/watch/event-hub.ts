import type { Clock } from '../../../async/clock.js';
import type { CommandResult } from '../../../model/command.js';
import type { Outcome } from '../../../model/failure.js';
import { createLineSink } from '../../../remote/lines.js';
import type { ConnectionPool } from '../../../remote/pool/pool.js';
import type { Deployment } from '../../backend.js';
import { eventsCommand, inspectCommand } from '../commands.js';
import { lostExit } from './container-exit.js';
import { type ContainerState, parseContainerStates } from './container-state.js';
import { parseDockerEvent } from './docker-event.js';
import { type History, createHistory } from './history.js';

/** Hears what happens to all containers of one deployment, over one stream of events. */
export interface EventHub {
  /** Containers that are about to be started. Nothing that happens to them from here on is missed. */
  expect(containers: readonly string[]): History;
  /** Containers that somebody else has started. */
  attach(containers: readonly string[]): Promise<History>;
}

/** Looks back over what is told twice, to miss nothing that happened before docker began to listen to us. */
const LOOK_BACK = '30s';
const INSPECT_MS = 30_000;
/** How long a daemon may be away: restarted, it is back within seconds. */
const DAEMON_TRIES = 30;
const DAEMON_PAUSE_MS = 500;
/** Before listening again: a stream that breaks at once must not keep the node busy. */
const PAUSE_MS = 100;

export function createEventHub(
  pool: ConnectionPool,
  clock: Clock,
  deployment: Deployment,
  mask: (text: string) => string,
): EventHub {
  const histories = new Map<string, History>();
  const live = new Set<History>();
  let stream: AbortController | null = null;
  let isListening = false;

  const inspect = (containers: readonly string[]) =>
    inspectContainers(pool, deployment, containers);
  const inspectOne = async (container: string) => {
    const seen = await inspect([container]);
    return seen.isAnswered ? (seen.states.get(container) ?? null) : null;
  };

  const enlist = (containers: readonly string[], since: number): History => {
    const history = createHistory(containers, since, inspectOne, mask);
    for (const container of containers) histories.set(container, history);
    live.add(history);
    void history.ended.then(() => {
      live.delete(history);
      for (const container of containers) histories.delete(container);
      if (live.size === 0) stream?.abort();
    });
    return history;
  };

  const listen = async () => {
    let since = LOOK_BACK;
    while (live.size > 0) {
      const stop = new AbortController();
      stream = stop;
      const ended = await followEvents(pool, deployment, since, stop.signal, (line) => {
        const event = parseDockerEvent(line);
        if (!event) return;
        since = event.at;
        histories.get(event.container)?.take(event);
      });
      stream = null;
      if (stop.signal.aborted) continue;
      const reason = whyClosed(ended) ?? (await resume(clock, live, inspect));
      if (reason !== null) {
        for (const history of [...live]) history.end(lostExit(reason));
      }
      // Those that ended just now leave the set when their promises have been kept.
      await Promise.resolve();
      if (live.size > 0) await clock.sleep(PAUSE_MS);
    }
    isListening = false;
  };
  const ensureListening = () => {
    if (isListening) return;
    isListening = true;
    void listen();
  };

  return {
    expect(containers) {
      const history = enlist(containers, 0);
      ensureListening();
      return history;
    },
    async attach(containers) {
      const seen = await inspect(containers);
      const begun = seen.isAnswered ? [...seen.states.values()].map((one) => one.startedAtMs) : [];
      const history = enlist(containers, Math.min(...begun.map((at) => at ?? 0)));
      if (!seen.isAnswered) {
        history.end(lostExit(seen.reason));
        return history;
      }
      ensureListening();
      for (const id of containers) history.sync(id, seen.states.get(id) ?? null);
      return history;
    },
  };
}

/** Why the stream will not come back: the connection was closed from here. */
function whyClosed(ended: Outcome<CommandResult>): string | null {
  if (!ended.ok) return ended.failure.message;
  return ended.value.termination === 'cancelled' ? 'ended with its connection' : null;
}

/** After the stream broke: finds out what happened meanwhile. Says what is the matter where nobody can be asked. */
async function resume(
  clock: Clock,
  live: ReadonlySet<History>,
  inspect: (containers: readonly string[]) => Promise<Inspection>,
): Promise<string | null> {
  let reason = '';
  for (let tries = 0; tries < DAEMON_TRIES; tries += 1) {
    const histories = [...live];
    const seen = await inspect(histories.flatMap(({ containers }) => containers));
    if (seen.isAnswered) {
      for (const history of histories) {
        for (const id of history.containers) history.sync(id, seen.states.get(id) ?? null);
      }
      return null;
    }
    reason = seen.reason;
    if (seen.isHopeless) break;
    await clock.sleep(DAEMON_PAUSE_MS);
  }
  return reason;
}

async function followEvents(
  pool: ConnectionPool,
  deployment: Deployment,
  since: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<Outcome<CommandResult>> {
  const stdout = createLineSink(onLine, { maxLength: 1024 * 1024 });
  const command = eventsCommand(deployment, since);
  return pool.use(
    deployment.node,
    (connection) => connection.exec(command, { stdout, signal, graceMs: 1_000 }),
    { signal },
  );
}

type Inspection =
  | { readonly isAnswered: true; readonly states: ReadonlyMap<string, ContainerState> }
  | { readonly isAnswered: false; readonly reason: string; readonly isHopeless: boolean };

async function inspectContainers(
  pool: ConnectionPool,
  { node }: Deployment,
  containers: readonly string[],
): Promise<Inspection> {
  const asked = await pool.use(node, (connection) =>
    connection.exec(inspectCommand(containers), { timeoutMs: INSPECT_MS }),
  );
  if (!asked.ok) return { isAnswered: false, reason: asked.failure.message, isHopeless: true };
  const result = asked.value;
  const said = result.stderr.toString().trim();
  if (result.termination === 'exited') {
    // Those that are gone make it fail, but it tells of the others.
    const isAboutGone = said.split('\n').every((line) => /^Error.*: No such|^$/i.test(line));
    if (result.exitCode === 0 || isAboutGone) {
      const states = parseContainerStates(result.stdout.toString());
      return { isAnswered: true, states: new Map(states.map((one) => [one.container, one])) };
    }
    return { isAnswered: false, reason: said, isHopeless: false };
  }
  const reason = 'reason' in result ? result.reason : 'the docker daemon does not answer';
  const isHopeless = result.termination === 'cancelled';
  return { isAnswered: false, reason: `connection lost: ${reason}`, isHopeless };
}
