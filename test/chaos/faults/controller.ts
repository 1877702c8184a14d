import type { Story } from '../checks/expectation.js';
import { SCENARIOS } from '../project/suite.js';
import type { DrawFault, Fault } from './fault.js';

/** The controller's own process gets a signal. */
function signalled(signal: NodeJS.Signals, expectation: Fault['expectation']): DrawFault {
  return () => ({
    description: `${signal} for the controller`,
    lastsMs: 0,
    expectation,
    hit({ running }) {
      running.kill(signal);
      return Promise.resolve('');
    },
    mend: () => Promise.resolve(),
  });
}

function handled(exitCode: 130 | 143): Fault['expectation'] {
  return {
    exitCodes: (story) => (isTooLate(story) ? [exitCode, 0] : [exitCode]),
    isTrueCause: ({ kind }) => kind === 'cancelled',
    objections: (story) => {
      const { summary, events, moment } = story;
      if (moment.isAfterEnd || (isTooLate(story) && summary?.status === 'completed')) return [];
      if (summary) return summary.status === 'cancelled' ? [] : [`the suite is ${summary.status}`];
      return events.length === 0 ? [] : ['it had begun, and has no summary'];
    },
  };
}

/** Everything had completed, and was only being written down. */
function isTooLate({ events, moment }: Story): boolean {
  const over = events.slice(0, moment.events).filter(({ type }) => type === 'scenario_finished');
  return over.length === SCENARIOS.length;
}

export const killed = signalled('SIGKILL', { exitCodes: () => [], isTrueCause: () => false });
export const interrupted = signalled('SIGINT', handled(130));
export const terminated = signalled('SIGTERM', handled(143));
export const hungUp = signalled('SIGHUP', handled(143));
