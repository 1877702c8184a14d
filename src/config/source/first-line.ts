import { closeSync, constants, openSync, readSync } from 'node:fs';

/** `undefined` where it cannot be read: that is for the run to find out. */
export function readFirstLine(file: string): string | undefined {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const start = Buffer.alloc(256);
      const length = readSync(descriptor, start, 0, start.length, 0);
      return start.toString('latin1', 0, length).split('\n', 1)[0];
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

/** The interpreter's line of a script ends in a carriage return, which would be part of the interpreter's name. */
export function hasWindowsLineEnds(firstLine: string | undefined): boolean {
  return firstLine !== undefined && firstLine.startsWith('#!') && firstLine.endsWith('\r');
}
