import type { Clock } from '../../async/clock.js';
import { type Deadline, startDeadline } from '../../async/deadline.js';
import type { Command, CommandResult } from '../../model/command.js';
import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import { CONTROLLER } from '../../model/node.js';
import { runMarks, type RunIdentity } from '../../model/run-identity.js';
import type { Connection } from '../../remote/connection.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import type { Redactor } from '../../remote/redaction.js';
import { nameHook } from '../../report/text/hook-name.js';
import { type BroughtScript, bringScript } from './bring-script.js';
import type { HookCall } from './call.js';
import { openHookOutput } from './output.js';
import { startPatience } from './patience.js';

/** Between SIGTERM and SIGKILL for a hook whose time is up. */
const GRACE_MS = 5_000;
const LAST_LINES = 20;
/** Holds the line: what is in the environment is in no process list. */
const LINE_VARIABLE = 'PLAYBOOK_HOOK_LINE';
const RUN_LINE = `eval "unset ${LINE_VARIABLE}; $${LINE_VARIABLE}"`;

export interface HookMachine {
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly identity: RunIdentity;
  /** The project's root here. */
  readonly root: string;
  readonly redactor: Redactor;
  /** Makes sure that a node is this run's own. @returns Why it is not. */
  readonly claim: (node: string) => Promise<Failure | null>;
  readonly noteBases: (node: string, bases: readonly string[]) => Promise<Outcome<void>>;
}

/** How a hook ended. */
export interface HookEnd {
  readonly status: 'ok' | 'failed' | 'cancelled';
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly isTimedOut: boolean;
  readonly durationMs: number;
  readonly failure: Failure | null;
  /** What is still on the machine. Never of the hook's making alone, so it counts whatever the hook's policy is. */
  readonly left: Failure | null;
  readonly output: readonly string[];
  /** Why its output is not in the log. */
  readonly unlogged: string | null;
}

/** Runs one hook on one machine to its end, its timeout or the signal; its whole process tree is gone afterwards. */
export async function runHook(machine: HookMachine, call: HookCall): Promise<HookEnd> {
  const { clock, pool } = machine;
  const { hook, node, signal, patienceMs } = call;
  const begin = clock.monotonic();
  const patience = startPatience(clock, patienceMs, signal);
  const deadline = startDeadline(clock, hook.timeoutMs, patience.signal);
  const title = `${hook.name} (${hook.point})`;
  const output = await openHookOutput(call.log, title, machine.redactor);
  const sinks = { stdout: output.stdout, stderr: output.stderr };
  let left: Failure | null = null;
  try {
    const missing = await machine.claim(node.name);
    const run = async (connection: Connection) => {
      const program = await programOn(machine, connection, call, deadline.signal);
      if (!program.ok) return program;
      const { command, brought } = program.value;
      const result = await connection.exec(command, {
        signal: deadline.signal,
        graceMs: GRACE_MS,
        ...sinks,
      });
      left = (await brought?.remove()) ?? null;
      if (result.termination === 'connection-lost') left ??= mayStillRun(call);
      return { ok: true as const, value: result };
    };
    const lent = missing
      ? { ok: false as const, failure: missing }
      : await pool.use(node, run, { signal: deadline.signal });
    const outcome = lent.ok ? lent.value : lent;
    const unlogged = await output.close();
    const lines = output.lastLines(LAST_LINES);
    const result = outcome.ok ? outcome.value : null;
    const failure = outcome.ok
      ? failureOf(outcome.value, call, deadline, lines)
      : notRun(outcome.failure, call, deadline);
    return {
      status: failure === null ? 'ok' : failure === 'cancelled' ? 'cancelled' : 'failed',
      exitCode: result?.termination === 'exited' ? result.exitCode : null,
      signal: result?.termination === 'signalled' ? result.signal : null,
      isTimedOut: deadline.expired(),
      durationMs: clock.monotonic() - begin,
      failure: failure === 'cancelled' ? null : failure,
      left,
      output: lines,
      unlogged,
    };
  } finally {
    deadline.clear();
    patience.clear();
    await output.close();
  }
}

/** What the hook's entry says counts more than what the scenario says, but for the variables that tell where things are. */
function ownEnv(own: HookCall['env'], given: HookCall['env']): HookCall['env'] {
  const isOwn = (name: string) => !name.startsWith('SCENARIO_') || !(name in given);
  return Object.fromEntries(Object.entries(own).filter(([name]) => isOwn(name)));
}

interface Program {
  readonly command: Command;
  /** What has to be taken away again. */
  readonly brought: BroughtScript | null;
}

/** What is to be run on the machine: here the script itself, elsewhere a copy that was brought there. */
async function programOn(
  { identity, root, noteBases }: HookMachine,
  connection: Connection,
  { hook, node, env, cwd, input }: HookCall,
  signal: AbortSignal,
): Promise<Outcome<Program>> {
  const { program } = hook;
  const isHere = node.name === CONTROLLER;
  const folder = cwd ?? (isHere ? root : null);
  const common = {
    stdin: input,
    env: {
      ...env,
      ...ownEnv(hook.env, env),
      ...runMarks(identity),
      PLAYBOOK_HOOK: hook.point,
      PLAYBOOK_NODE: node.name,
    },
    ...(folder === null ? {} : { cwd: folder }),
  };
  if (program.kind === 'line') {
    const command: Command = {
      ...common,
      argv: ['/bin/sh', '-c', RUN_LINE],
      env: { ...common.env, [LINE_VARIABLE]: program.line },
    };
    return { ok: true, value: { command, brought: null } };
  }
  const brought = isHere
    ? null
    : await bringScript(connection, program.file, {
        node,
        identity,
        root,
        signal,
        noteBases: (bases) => noteBases(node.name, bases),
      });
  if (brought !== null && !brought.ok) return brought;
  const file = brought === null ? program.file : brought.value.file;
  const [first = file, ...rest] = [...program.interpreter, file, ...program.args];
  return {
    ok: true,
    value: { command: { ...common, argv: [first, ...rest] }, brought: brought?.value ?? null },
  };
}

function failureOf(
  result: CommandResult,
  call: HookCall,
  deadline: Deadline,
  output: readonly string[],
): Failure | 'cancelled' | null {
  const { hook } = call;
  const fail = (what: string, hint: string | null = null) =>
    createFailure('hook_failed', `${nameOf(call)} ${what}`, { ...placeOf(call), hint, output });
  switch (result.termination) {
    case 'exited':
      return result.exitCode === 0 ? null : fail(`exited with status ${result.exitCode}`);
    case 'signalled':
      return fail(`was killed by ${result.signal}`);
    case 'not-started':
      return fail(`could not be started: ${result.reason}`);
    case 'connection-lost':
      return createFailure('hook_failed', `lost while ${nameOf(call)} ran: ${result.reason}`, {
        ...placeOf(call),
        output,
        cause: createFailure('connection_lost', result.reason, { node: call.node.name }),
      });
    case 'timed-out':
    case 'cancelled':
      if (deadline.expired()) {
        return fail(`did not end within ${hook.timeoutMs / 1000} s`, 'give it longer with timeout');
      }
      return call.patienceMs === 0 ? 'cancelled' : fail(`did not end ${afterStop(call)}`);
  }
}

/** It did not even begin. */
function notRun(cause: Failure, call: HookCall, deadline: Deadline): Failure | 'cancelled' {
  if (cause.kind === 'left_behind') return cause;
  if (deadline.expired()) {
    const message = `${nameOf(call)} could not begin within ${call.hook.timeoutMs / 1000} s`;
    return createFailure('hook_failed', message, placeOf(call));
  }
  if (deadline.signal.aborted) {
    if (call.patienceMs === 0) return 'cancelled';
    const message = `${nameOf(call)} could not begin ${afterStop(call)}`;
    return createFailure('hook_failed', message, placeOf(call));
  }
  const message = `${nameOf(call)} could not be run: ${cause.message}`;
  return createFailure('hook_failed', message, { ...placeOf(call), hint: cause.hint, cause });
}

function afterStop({ patienceMs }: HookCall): string {
  return `within ${patienceMs / 1000} s after the run was told to stop`;
}

/** Nobody could end it. */
function mayStillRun(call: HookCall): Failure {
  return createFailure('left_behind', `nobody knows whether ${nameOf(call)} still runs`, {
    ...placeOf(call),
    hint: 'playbook cleanup looks for it',
  });
}

function nameOf({ hook }: HookCall): string {
  const name = nameHook(hook.name);
  // A file in hooks/ is called after its point already.
  return hook.name.includes(hook.point) ? `the hook ${name}` : `the ${hook.point} hook ${name}`;
}

function placeOf({ node, hook }: HookCall) {
  return { node: node.name, source: hook.source };
}
