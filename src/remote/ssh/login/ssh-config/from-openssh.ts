import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';

import type { Outcome } from '../../../../model/failure.js';
import { codeOf, failLogin } from '../failures.js';
import type { SshOptions } from './settings.js';

/** What a host's settings are asked for. */
export interface SshConfigQuery {
  readonly host: string;
  /** What the configuration says itself: `Match user` looks at it. */
  readonly user: string | null;
  readonly port: number | null;
}

export interface OpensshRun {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Read in place of the usual files. */
  readonly configFile: string | null;
}

/** `Match exec` and host name canonicalisation may take their time. */
const TIMEOUT_MS = 10_000;

/**
 * Asks OpenSSH what its configuration says about a host: `Host`, `Match`, `Include` and canonical names by the one
 * program that knows them all.
 *
 * @returns Every option, its default included; `null` where OpenSSH is not installed.
 */
export async function askOpenssh(
  query: SshConfigQuery,
  { environment, configFile }: OpensshRun,
): Promise<Outcome<SshOptions | null>> {
  const args = [
    ...(configFile === null ? [] : ['-F', configFile]),
    '-G',
    ...(query.user === null ? [] : ['-l', query.user]),
    ...(query.port === null ? [] : ['-p', String(query.port)]),
    '--',
    query.host,
  ];
  const answer = await run(args, environment);
  if (answer === null) return { ok: true, value: null };
  if (answer.ok) return { ok: true, value: parseAnswer(answer.stdout) };
  return failLogin(
    'unreachable',
    `ssh_config cannot be used for ${query.host}: ${answer.reason}`,
    `try \`ssh -G ${query.host}\`, or set \`use_ssh_config: false\``,
  );
}

type Answer =
  { readonly ok: true; readonly stdout: string } | { readonly ok: false; readonly reason: string };

/**
 * Runs `ssh` in a session of its own: a Ctrl-C on the terminal is meant for playbook, which may still have to reach nodes
 * in order to clean them. There is nobody it could ask for anything, either.
 */
async function run(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Answer | null> {
  const env = { ...environment, PATH: environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin' };
  const child = spawn('ssh', args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let isLate = false as boolean;
  const timer = setTimeout(() => {
    isLate = true;
    // The group: `Match exec` runs programs, too.
    if (child.pid !== undefined) endGroup(child.pid);
  }, TIMEOUT_MS);
  const ended = new Promise<number | Error | null>((resolve) => {
    child.once('error', resolve).once('close', resolve);
  });
  const [stdout, stderr] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  const end = await ended;
  clearTimeout(timer);
  if (end === 0) return { ok: true, stdout: stdout.toString() };
  if (isLate) return { ok: false, reason: `no answer within ${TIMEOUT_MS / 1_000} s` };
  if (end instanceof Error) {
    return codeOf(end) === 'ENOENT' ? null : { ok: false, reason: end.message };
  }
  return { ok: false, reason: complaintOf(stderr.toString()) ?? `ssh -G ended with ${end}` };
}

function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    // It has just ended by itself.
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

function complaintOf(stderr: string): string | undefined {
  return stderr.split(/\r?\n/).find((line) => line !== '' && !line.startsWith('Pseudo-'));
}

function parseAnswer(stdout: string): SshOptions {
  const options = new Map<string, string[]>();
  for (const line of stdout.split('\n')) {
    const space = line.indexOf(' ');
    if (space < 0) continue;
    const name = line.slice(0, space).toLowerCase();
    const values = options.get(name) ?? [];
    values.push(line.slice(space + 1));
    options.set(name, values);
  }
  return options;
}

/** Leaves out what is no more than OpenSSH's default: the answer for a configuration that says nothing. */
export function withoutDefaults(options: SshOptions, defaults: SshOptions): SshOptions {
  return new Map(
    [...options].filter(([name, values]) => {
      // Whoever is named by the configuration may be the one who runs this.
      if (name === 'user') return true;
      const usual = defaults.get(name);
      return usual?.join('\n') !== values.join('\n');
    }),
  );
}
