import type { Leftover } from '../../deploy/backend.js';
import { createFailure, type Failure } from '../../model/failure.js';
import { formatDuration, formatSeconds } from '../../report/text/duration.js';
import { few, withoutTold } from '../../report/text/listing.js';
import { formatDateTime } from '../../report/text/time.js';
import type { Holder, LeaseAnswer, WatchdogNote } from './answer.js';
import type { Loss } from './held-lease.js';

/** `run 20260601_190409 of ann@desk (process 4711, /home/ann/bench, controller c0ffee), since 2026-06-01 19:04:09, last heard of 4 s ago` */
export function describeHolder(holder: Holder): string {
  const { run, user, machine, pid, project, since, ageSeconds } = holder;
  const age = ageSeconds === null ? '' : `, last heard of ${formatSeconds(ageSeconds)} ago`;
  return `run ${run} of ${user}@${machine} (process ${pid}, ${project}, controller ${holder.controller}), since ${formatDateTime(since)}${age}`;
}

/** What of a failure's text is another each time, though the holder is the same. */
export function withoutAge(text: string): string {
  return text.replaceAll(/, last heard of .*? ago/g, '');
}

/** When whoever is dead loses a machine. */
export function leaseEnd({ leaseSeconds }: Holder): string {
  const after = leaseSeconds === null ? 'some time' : formatSeconds(leaseSeconds);
  return `${after} after its last sign of life`;
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
        `wait for it with --wait-lock 30m; a holder that is dead loses it, with what it has left there, ` +
        `${leaseEnd(holder)}, or at once with: playbook unlock ${node} --holder ${holder.id}`,
    },
  );
}

/** The failure of a run that has lost a machine. */
export function lostLease(
  node: string,
  { answer, silentMs, trouble }: Loss,
  leaseMs: number,
): Failure {
  const silent = formatSeconds(Math.round(silentMs / 1000));
  const timeout = formatDuration(leaseMs);
  if (answer === null && trouble?.kind === 'lease_failed') {
    return createFailure(
      'lease_lost',
      `its lease was lost: it could not be renewed for ${silent}, longer than lease_timeout (${timeout}): ${trouble.message}`,
      { node, hint: trouble.hint },
    );
  }
  const next = answer?.holder ?? null;
  const why =
    answer === null
      ? `not heard of for ${silent}, longer than lease_timeout (${timeout}): its watchdog has removed what the run has there, or will`
      : next === null
        ? `last renewed ${silent} ago: ${answer.text || 'what the run had there was removed by its watchdog, when nobody had renewed it or after playbook unlock'}`
        : `last renewed ${silent} ago, and now held by ${describeHolder(next)}`;
  return createFailure('lease_lost', `its lease was lost: ${why}`, {
    node,
    hint:
      answer === null
        ? 'a longer lease_timeout lets a run outlive longer cuts of the network'
        : 'playbook status shows who has the node',
    cause: answer === null ? trouble : null,
  });
}

/**
 * What a watchdog did in the absence of its run.
 *
 * @param told What others said that they have removed; grows.
 */
export function describeNote(note: WatchdogNote, told: Set<string>): string {
  const { run, at, waitedSeconds, isBroken, removed, left, trouble } = note;
  const news = withoutTold(removed.map(nameThing), told);
  const nothing = removed.length === 0 ? 'nothing was left' : 'nothing else was left';
  const parts = [
    news.length === 0 ? nothing : `removed ${few(news).join(', ')}`,
    ...(left.length === 0 ? [] : [`could not remove ${listThings(left)}`]),
    ...trouble,
  ];
  const silent = waitedSeconds === null ? 'some time' : formatSeconds(waitedSeconds);
  const why = isBroken ? 'lost the node to playbook unlock' : `was not heard of for ${silent}`;
  return `run ${run} ${why}, and its watchdog cleaned up (${formatDateTime(at)}): ${parts.join('; ')}`;
}

/** @param kept What was not touched there. */
export function describeTaken(
  { taken, left, trouble }: LeaseAnswer,
  kept: readonly string[],
): string {
  const whose = taken ? `run ${taken.run} of ${taken.user}@${taken.machine}` : 'nobody knows whom';
  const but = kept.length === 0 ? '' : ', but for results that are kept';
  const rest = [...(left.length === 0 ? [] : [`still there: ${listThings(left)}`]), ...trouble];
  return `the lease of ${whose} was dead and was taken over; ${rest.join('; ') || `nothing of that run is left${but}`}`;
}

/** `folder /opt/inference/x, process 4711 (sleep 300), and 12 more` */
export function listThings(things: readonly Leftover[]): string {
  return few(things.map(nameThing)).join(', ');
}

function nameThing({ kind, description }: Leftover): string {
  return `${kind} ${description}`;
}
