import { type Answer, linesOf } from './answer.js';

/** Ids of the processes that runs of playbook have started on a node, in containers or not. */
export function parseOurProcesses(answer: Answer): ReadonlySet<number> {
  return new Set(
    linesOf(answer, 'our-process').flatMap((line) => {
      const pid = /^\/proc\/(\d+)\//.exec(line)?.[1];
      return pid === undefined ? [] : [Number(pid)];
    }),
  );
}
