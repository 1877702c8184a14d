/** The unit of a tar stream. */
const TAR_BLOCK = 512;
/** The longest name a header holds by itself. */
const NAME_LENGTH = 100;
/** The largest size that eleven octal digits hold. */
const LARGEST_OCTAL = 0o77777777777;
/** What GNU tar calls an entry whose content is the name of the next one. */
const LONG_NAME = Buffer.from('././@LongLink');
/** Old GNU format: every tar that is used on Linux reads it, long names and large sizes included. */
const MAGIC = Buffer.from('ustar  \0');

export interface TarHeader {
  /** Bytes: what a file system holds need not be UTF-8. */
  readonly name: Buffer;
  readonly type: 'file' | 'directory' | 'link';
  readonly mode: number;
  readonly size: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  /** Where a link points to; empty for everything else. */
  readonly target?: Buffer;
}

const TYPES = { file: 0x30, link: 0x32, directory: 0x35 } as const;
const LONG_TARGET_TYPE = 0x4b;
const LONG_NAME_TYPE = 0x4c;
const NOTHING = Buffer.alloc(0);

/** How many bytes the header takes, with the entries for what does not fit into it. */
export function headerLength({ name, target = NOTHING }: TarHeader): number {
  return TAR_BLOCK + longLength(name) + longLength(target);
}

/** Rounded up to whole blocks. */
export function padded(size: number): number {
  return Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
}

/**
 * Writes a header of `headerLength` bytes.
 *
 * tar-stream's `pack` takes names as text only and would change those that are not UTF-8.
 */
export function writeHeader(into: Buffer, at: number, header: TarHeader): void {
  const { name, type, mode, size, mtime, target = NOTHING } = header;
  let offset = at;
  if (target.length > NAME_LENGTH) offset = writeLong(into, offset, LONG_TARGET_TYPE, target);
  if (name.length > NAME_LENGTH) offset = writeLong(into, offset, LONG_NAME_TYPE, name);
  writeBlock(into, offset, { name, type: TYPES[type], mode, size, mtime, target });
}

function longLength(text: Buffer): number {
  return text.length > NAME_LENGTH ? TAR_BLOCK + padded(text.length + 1) : 0;
}

function writeLong(into: Buffer, at: number, type: number, text: Buffer): number {
  const size = text.length + 1;
  writeBlock(into, at, { name: LONG_NAME, type, mode: 0, size, mtime: 0, target: NOTHING });
  const begin = at + TAR_BLOCK;
  const end = begin + padded(size);
  into.fill(0, begin, end);
  text.copy(into, begin);
  return end;
}

interface BlockFields {
  readonly name: Buffer;
  readonly type: number;
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
  readonly target: Buffer;
}

/** Offsets and lengths are those of "Basic Tar Format" in the manual of GNU tar. */
function writeBlock(into: Buffer, at: number, fields: BlockFields): void {
  into.fill(0, at, at + TAR_BLOCK);
  fields.name.copy(into, at, 0, NAME_LENGTH);
  writeOctal(into, at + 100, 7, fields.mode);
  writeOctal(into, at + 108, 7, 0);
  writeOctal(into, at + 116, 7, 0);
  if (fields.size <= LARGEST_OCTAL) {
    writeOctal(into, at + 124, 11, fields.size);
  } else {
    into[at + 124] = 0x80;
    into.writeBigUInt64BE(BigInt(fields.size), at + 128);
  }
  writeOctal(into, at + 136, 11, Math.min(Math.max(0, Math.floor(fields.mtime)), LARGEST_OCTAL));
  into[at + 156] = fields.type;
  fields.target.copy(into, at + 157, 0, NAME_LENGTH);
  MAGIC.copy(into, at + 257);

  // The checksum counts its own field as blanks.
  into.fill(0x20, at + 148, at + 156);
  let sum = 0;
  for (let index = at; index < at + TAR_BLOCK; index += 1) sum += into[index] ?? 0;
  writeOctal(into, at + 148, 6, sum);
  into[at + 154] = 0;
}

function writeOctal(into: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let index = at + digits - 1; index >= at; index -= 1) {
    into[index] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}
