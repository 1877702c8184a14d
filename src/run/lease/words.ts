import type { Leftover } from '../../deploy/backend.js';
import { createFailure, type Failure } from '../../model/failure.js';
import type { Holder, LeaseAnswer, WatchdogNote } from './answer.js';
import type { Loss } from './held-lease.js';

/** `run 20260601_190409 of ann@desk (process 4711, /home/ann/bench), since 19:04, last heard of 4 s ago` */
export function describeHolder(holder: Holder): string {
  const { run, user, machine, pid, project, since, ageSeconds } = holder;
  const age = ageSeconds === null ? '' : `, last heard of ${ageSeconds} s ago`;
  return `run ${run} of ${user}@${machine} (process ${pid}, ${project}, controller ${holder.controller}), since ${since}${age}`;
}

/** The failure of a machine that somebody else has. */
export function heldBy(node: string, { word, holder }: LeaseAnswer): Failure {
  if (!holder) {
    return createFailure('locked', 'somebody is just taking it', {
      node,
      hint: 'try again, or wait with --wait-lock',
    });
  }
  const isOver = word === 'expiring';
  return createFailure(
    'locked',
    `it is held by ${describeHolder(holder)}${isOver ? ', and being cleaned up' : ''}`,
    {
      node,
      hint:
        `wait for it with --wait-lock 30m; a holder that is dead loses it ${holder.leaseSeconds ?? '?'} s after its last ` +
        `sign of life, or at once with: playbook unlock ${node} --holder ${holder.id}`,
    },
  );
}

/** The failure of a run that has lost a machine. */
export function lostLease(
  node: string,
  { answer, silentMs, trouble }: Loss,
  leaseMs: number,
): Failure {
  const seconds = Math.round(silentMs / 1000);
  if (answer === null && trouble?.kind === 'lease_failed') {
    return createFailure(
      'lease_lost',
      `its lease was lost: it could not be renewed for ${seconds} s, longer than lease_timeout (${leaseMs / 1000} s): ${trouble.message}`,
      { node, hint: trouble.hint },
    );
  }
  const next = answer?.holder ?? null;
  const why =
    answer === null
      ? `not heard of for ${seconds} s, longer than lease_timeout (${leaseMs / 1000} s): its watchdog has removed what the run has there, or will`
      : next === null
        ? `last renewed ${seconds} s ago: ${answer.text || 'what the run had there was removed by its watchdog, or its lease was broken'}`
        : `last renewed ${seconds} s ago, and held by ${describeHolder(next)} since`;
  return createFailure('lease_lost', `its lease was lost: ${why}`, {
    node,
    hint:
      answer === null
        ? 'a longer lease_timeout lets a run outlive longer cuts of the network'
        : 'playbook status shows who has the node',
    cause: answer === null ? trouble : null,
  });
}

/** What a watchdog did in the absence of its run. */
export function describeNote(note: WatchdogNote): string {
  const { run, at, waitedSeconds, removed, left, trouble } = note;
  const parts = [
    removed.length === 0 ? 'nothing was left' : `removed ${list(removed)}`,
    ...(left.length === 0 ? [] : [`could not remove ${list(left)}`]),
    ...trouble,
  ];
  return `run ${run} was not heard of for ${waitedSeconds ?? '?'} s, and its watchdog cleaned up (${at}): ${parts.join('; ')}`;
}

export function describeTaken({ taken, left, trouble }: LeaseAnswer): string {
  const whose = taken ? `run ${taken.run} of ${taken.user}@${taken.machine}` : 'nobody knows whom';
  const rest = [...(left.length === 0 ? [] : [`still there: ${list(left)}`]), ...trouble];
  return `the lease of ${whose} was dead and was taken over; ${rest.join('; ') || 'nothing of that run is left'}`;
}

function list(things: readonly Leftover[]): string {
  return things.map(({ kind, description }) => `${kind} ${description}`).join(', ');
}
