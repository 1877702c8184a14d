/** The files among the artifacts that hold the script's two streams. */
export const SCRIPT_LOGS = { stdout: 'test_stdout.log', stderr: 'test_stderr.log' } as const;
