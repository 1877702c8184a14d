import { createFailure, type Failure } from '../../model/failure.js';
import { CONTROLLER } from '../../model/node.js';

/**
 * Why a file here could not be written or read, as the user is told.
 *
 * @param what What was tried, with the path: `could not write /…/test_report.md`.
 * @throws The error itself, where no file system reported it: then it is a bug.
 */
export function fileFailure(error: unknown, what: string): Failure {
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case undefined:
      throw error;
    case 'ENOSPC':
    case 'EDQUOT':
      return createFailure('disk_full', `${what}: no space left on the device`, {
        node: CONTROLLER,
        hint: 'free some space on this machine and run again',
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return createFailure('transfer', `${what}: permission denied`, {
        node: CONTROLLER,
        hint: 'look at the owner and the mode of the folder',
      });
    default:
      return createFailure('transfer', `${what}: ${(error as Error).message}`, {
        node: CONTROLLER,
      });
  }
}

/** Whether a file is simply not there. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
