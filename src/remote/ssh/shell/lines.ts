import type { Command } from '../../../model/command.js';
import { MARK_VARIABLE } from '../../mark.js';
import { quoteWord, renderLine } from '../../quote.js';
import { BOOT_ID } from './boot.js';
import type { Group } from './group.js';

/** A newline cannot stand in a line: the shell makes one, where a word holds it. */
const MAKE_NEWLINE = `N=$(printf '\\nx'); N=\${N%x}; `;

/** The process that tells its id by this is the one that becomes the program. Its start is the 22nd field. */
const TELL_START =
  `read -r p ${'_ '.repeat(20)}t _ </proc/self/stat; read -r b 2>/dev/null <${BOOT_ID}; ` +
  `printf "$T"'S %s %s %s\\n' "$p" "$t" "$b" >&4`;

/** Nothing but its end, behind everything that was written before. For a kept shell. */
export const LINE_FOR_NOTHING = '_x 0';

/**
 * Runs a program and tells of its start, of its end and, unless that is to be left alone, of what it left. For a kept
 * shell.
 */
export function lineForAnswer(
  command: Command,
  mark: string,
  descendants: 'end' | 'leave',
): string {
  const call = `${renderLine(marked(command, mark), '$N', 'exec $S')} </dev/null >&4 2>&5 4>&- 5>&-`;
  const program = `( ${TELL_START}; ${withNewlines(call)} )`;
  if (descendants === 'leave') return `${program}; _x $?`;
  return (
    'read -r _ _ _ _ a </proc/loadavg; read -r u _ </proc/uptime; ' +
    `${program}; s=$?; _l ${mark} "$a" "\${u%.*}"; _x $s`
  );
}

/** Becomes a program, whose streams are those of the channel. For a shell that is started for it. */
export function lineForProgram(command: Command, mark: string, hasInput: boolean): string {
  const input = hasInput ? '' : ' </dev/null';
  const run = withNewlines(renderLine(marked(command, mark), '$N') + `${input} 4>&- 5>&-`);
  return `printf "$T"'E\\n' >&5; ${TELL_START}; ${run}`;
}

/** Lists the process ids that live of a program, one a line. For a kept shell. */
export function lineForAlive(mark: string, group: number | null): string {
  return `_a ${mark} ${group ?? "''"} >&4; _x 0`;
}

/** Sends a signal to all of a program, and lists what lives. For a kept shell. */
export function lineForSignal(mark: string, group: number | null, signal: NodeJS.Signals): string {
  return `_k ${mark} ${group ?? "''"} ${signal.slice('SIG'.length)} >&4; _x 0`;
}

/** Says the id of a group, if it is still that of the program with the mark, and nothing otherwise. For a kept shell. */
export function lineForGroup(mark: string, { id, birth }: Group): string {
  return `_o ${mark} ${id} ${birth ?? ''} >&4; _x 0`;
}

/** Says why a program could not be run: one word, and what it is about. For a kept shell. */
export function lineForExplanation({ argv: [program], cwd }: Command): string {
  const name = quoteWord(program);
  const folder = cwd === undefined ? '"$HOME"' : quoteWord(cwd);
  const judgeFile =
    'if [ -d "$f" ]; then echo directory; elif [ ! -e "$f" ]; then echo missing; ' +
    'elif [ ! -x "$f" ]; then echo forbidden; ' +
    'else IFS= read -r i <"$f"; case $i in "#!"*) i=${i#??}; set -- $i; [ -x "$1" ] && echo fine || echo "interpreter $1" ;; *) echo fine ;; esac; fi';
  const look =
    `case ${name} in */*) f=${name}; ${judgeFile} ;; *) f=$(command -v -- ${name}); ` +
    `case $f in /*) ${judgeFile} ;; ?*) echo fine ;; *) echo missing ;; esac ;; esac`;
  const script =
    `if [ ! -e ${folder} ]; then echo nofolder; elif [ ! -d ${folder} ]; then echo nodirectory; ` +
    `elif ! cd ${folder}; then echo noentry; else ${look}; fi`;
  return withNewlines(`( ${script.replaceAll('\n', `'"$N"'`)} ) >&4; _x 0`);
}

function marked(command: Command, mark: string): Command {
  const env = Object.fromEntries(
    Object.entries(command.env ?? {}).filter(([name]) => name !== MARK_VARIABLE),
  );
  return { ...command, env: { ...env, [MARK_VARIABLE]: mark } };
}

function withNewlines(line: string): string {
  return line.includes('"$N"') ? MAKE_NEWLINE + line : line;
}
