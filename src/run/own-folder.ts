import type { Connection } from '../remote/connection.js';

/**
 * Makes a run's own folder on a machine, before anything is put there. Configuration, logs, scripts and environment files may
 * hold secrets, and other people may have a login on the machine. Where it does not work, the transfer that follows says why
 * in better words, or the file system knows no permissions.
 *
 * @param folder Absolute; parents are made.
 */
export async function makeOwnFolder(connection: Connection, folder: string): Promise<void> {
  const script = 'mkdir -p -- "$1" && chmod 700 -- "$1"';
  await connection.exec({ argv: ['sh', '-c', script, 'sh', folder] });
}
