import { EntryRefused } from '../errors.js';

/**
 * The name of an entry as a path below the folder it is unpacked into, empty for that folder itself.
 *
 * @param text A byte to a character, as it stands in the stream.
 * @throws EntryRefused where it would lead elsewhere.
 */
export function safeName(text: string): Buffer {
  const parts = text.replace(/\/+$/, '').split('/');
  if (parts[0] === '.') parts.shift();
  const isSafe = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if ((!isSafe && text !== '') || text.startsWith('/') || text.includes('\0') || text === '') {
    const shown = Buffer.from(text, 'latin1').toString();
    throw new EntryRefused(
      `the node sent the name ${JSON.stringify(shown)}, which leads elsewhere`,
    );
  }
  return Buffer.from(parts.join('/'), 'latin1');
}
