import type { CommandResult } from '../model/command.js';
import type { Connection } from './connection.js';
import type { Redactor } from './redaction.js';

/**
 * Masks secrets in what commands printed and in why they could not run. A sink still gets the bytes as they are, so that
 * offsets into files on the node stay right: whoever shows or stores them puts `redactor.stream()` in front. Files are
 * copied unaltered.
 */
export function redactConnection(connection: Connection, redactor: Redactor): Connection {
  return {
    node: connection.node,
    isOpen: () => connection.isOpen(),
    exec: async (command, options) => maskResult(await connection.exec(command, options), redactor),
    upload: (from, to, options) => connection.upload(from, to, options),
    download: (from, to, options) => connection.download(from, to, options),
    info: () => connection.info(),
    close: () => connection.close(),
  };
}

function maskResult(result: CommandResult, redactor: Redactor): CommandResult {
  const masked = {
    ...result,
    stdout: redactor.bytes(result.stdout),
    stderr: redactor.bytes(result.stderr),
  };
  return 'reason' in masked ? { ...masked, reason: redactor.text(masked.reason) } : masked;
}
