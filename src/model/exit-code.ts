/** What the process tells its caller. */
export const ExitCode = {
  ok: 0,
  scenarioFailed: 1,
  usage: 2,
  node: 3,
  leftBehind: 4,
  locked: 5,
  regression: 6,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
