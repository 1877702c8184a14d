import { createFailure, type Failure } from '../../model/failure.js';
import { LinkLeadsOutside } from './scan.js';

/** A file that could not be copied as it was. */
export class SourceChanged extends Error {
  override readonly name = 'SourceChanged';
}

/**
 * What went wrong with a transfer, as the user is told.
 *
 * @param place What has no space left, if that is it: both ends of a transfer have a disk.
 */
export function transferFailure(
  error: unknown,
  node: string,
  from: string,
  to: string,
  place = 'the device',
): Failure {
  const { code, path, message } = error as NodeJS.ErrnoException;
  const what = `could not copy ${from} to ${to}`;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return createFailure('disk_full', `${what}: no space left on ${place}`, {
        node,
        hint: 'free some space there and run again',
      });
    case 'ENOENT':
      return createFailure('transfer', `${what}: there is no ${path ?? 'such file'}`, { node });
    case 'EACCES':
    case 'EPERM':
      return createFailure('transfer', `${what}: permission denied for ${path ?? 'a file'}`, {
        node,
        hint: 'look at the owner and the mode of the file and of its folder',
      });
    case undefined:
    default:
      return createFailure('transfer', `${what}: ${message}`, { node, hint: hintFor(error) });
  }
}

function hintFor(error: unknown): string | null {
  if (error instanceof LinkLeadsOutside) return 'replace the link by what it points to';
  if (error instanceof SourceChanged) return 'wait until nobody writes to it any more';
  return null;
}
