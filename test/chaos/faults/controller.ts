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
    exitCodes: [exitCode],
    isTrueCause: ({ kind }) => kind === 'cancelled',
    objections: ({ summary, events, moment: { isAfterEnd } }) => {
      if (isAfterEnd) return [];
      if (summary) return summary.status === 'cancelled' ? [] : [`the suite is ${summary.status}`];
      return events.length === 0 ? [] : ['it had begun, and has no summary'];
    },
  };
}

export const killed = signalled('SIGKILL', { exitCodes: [], isTrueCause: () => false });
export const interrupted = signalled('SIGINT', handled(130));
export const terminated = signalled('SIGTERM', handled(143));
export const hungUp = signalled('SIGHUP', handled(143));
