import { createHash } from 'node:crypto';

import type { Exec } from '../../../../../src/remote/transfer/stream/context.js';
import { END_OF_MESSAGES } from '../../../../../src/remote/transfer/stream/download/scripts.js';

/** An entry of a tar stream. */
export interface Member {
  readonly name: string;
  /** As in the header: `0` a file, `1` a hard link, `2` a link, `5` a folder. */
  readonly type?: string;
  readonly content?: string;
  readonly target?: string;
}

/** What a node says of a folder that it has sent. */
export interface Said {
  readonly messages?: string;
  readonly sizes?: string;
  /** Of tar. */
  readonly status?: number;
}

/** A node that sends this whatever it is asked. */
export function sending(stream: Buffer, details: string, messages = ''): Exec {
  return async (_, options) => {
    const output = options?.stdout;
    if (output && !output.write(stream)) {
      await new Promise((resolve) => {
        output.once('drain', resolve);
        output.once('close', resolve);
      });
    }
    const stderr = Buffer.from(`${messages}\n${END_OF_MESSAGES}\n${details}\n`);
    const stdout = Buffer.alloc(0);
    return { termination: 'exited', exitCode: 0, stdout, stderr, durationMs: 1 };
  };
}

/** A node that sends these entries, and `evil` for every file that it is asked for afterwards. */
export function sendingFolder(members: readonly Member[], said: Said = {}): Exec {
  const { messages = '', sizes = '', status = 0 } = said;
  const archive = Buffer.concat([...members.map(member), Buffer.alloc(10_240)]);
  const details = `tar ${status}\ntee 0\n${sha256(archive)} *stdin\n${sizes}`;
  const stream = Buffer.concat([Buffer.from('folder /real\0'), archive]);
  const evil = Buffer.from('evil');
  const answers = [sending(stream, details, messages)];
  return (command, options) => {
    const file = sending(
      Buffer.concat([Buffer.from(`file ${evil.length} 644 0\0`), evil]),
      `${sha256(evil)} *stdin\nnow ${evil.length}`,
    );
    return (answers.shift() ?? file)(command, options);
  };
}

/** An entry of a tar stream, as POSIX has it. */
export function member({ name, type = '0', content = '', target = '' }: Member): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(target, 157);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, Buffer.from(content), padding]);
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
