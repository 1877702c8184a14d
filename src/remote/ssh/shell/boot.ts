/** What the shell proper says first. */
const GREETING = 'playbook:shell';
export const SHELL_IS_THERE = `${GREETING}\n`;

/**
 * What `sshd` has the login shell run: whatever shell that is (fish, csh), it understands this. The shell proper reads
 * the rest from its standard input, so that nothing of it shows in a list of processes, and no rc file comes between.
 * It is told nothing before it has said that it is there: what waits behind a slow rc file could no longer be called
 * back. `read` takes single bytes: what follows the line is still there for a program.
 */
export const LOGIN_COMMAND = `exec /bin/sh -c 'echo ${GREETING}; read -r B; eval "$B"'`;

/**
 * Marks begin with a token that no program knows, so that they are found wherever they stand in the output. Each is one
 * letter, its words, and a newline.
 */
export const MARKS = {
  /** The shell is there; the login's home follows. */
  ready: 'R',
  /** The program is about to run; its group follows, as `group.ts` reads it. */
  started: 'S',
  /** A process that the program left running. */
  left: 'L',
  /** The line is done; its status follows. */
  done: 'X',
  /** On standard error: nothing follows that belongs to this line. */
  end: 'E',
} as const;

/** Another one after each start of the machine. */
export const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/**
 * Lines 4 and 5 are the channel's streams: 1 and 2 are the program's. Every function is used by the lines of
 * `lines.ts`.
 */
const COMMON = [
  'exec 4>&1 5>&2 2>/dev/null',
  // Done: the status, on both streams, as they are not in order with each other.
  `_x() { printf "$T"'E\\n' >&5; printf "$T"'X %s\\n' "$*" >&4; }`,
  // Files among $2… that hold the text $1. Only GNU grep reads on behind a NUL byte.
  `_g() { t=$1; shift; [ -n "$G" ] || case $(grep --version) in *GNU*) G=g ;; *) G=o ;; esac; ` +
    `if [ $G = g ]; then grep -lsF "$t" "$@"; ` +
    `else for f; do tr '\\0' '\\n' <"$f" | grep -qF "$t" && echo "$f"; done; fi; }`,
  // Like that, but process ids.
  `_p() { for f in $(_g "$@"); do f=\${f#/proc/}; echo "\${f%/*}"; done; }`,
];

/** What a shell that stays needs to look after what it started. */
const KEEPING = [
  // Processes with the mark $1 that were left by a program. $2 was the last process id before it, $3 the uptime in
  // seconds. Where only one was given out since, nothing can have been left; where it was long ago, ids may have gone round.
  `_l() { [ -n "$2" ] || return 0; read -r _ _ _ _ l </proc/loadavg; [ "$l" != $(($2 + 1)) ] || return 0; ` +
    `read -r v _ </proc/uptime; o=$2; { [ "$l" -gt "$o" ] && [ $((\${v%.*} - $3)) -lt 2 ]; } || o=0; c=; ` +
    `for p in /proc/[0-9]*; do p=\${p#/proc/}; [ "$p" -le "$o" ] || c="$c /proc/$p/environ"; done; ` +
    `[ -z "$c" ] || for p in $(_p "$1" $c); do printf "$T"'L %s\\n' "$p" >&4; done; }`,
  // State, group and start of process $1, as s, g and i. Its name may hold blanks and parentheses.
  `_s() { s=; g=; i=; read -r l <"/proc/$1/stat" || return 1; set -- \${l##*) }; s=$1 g=$3 i=\${20}; case $s in Z|X) return 1 ;; esac; }`,
  // What lives of group $2, and with mark $1 outside of it, one id a line.
  `_a() { for p in $(_p "$1" /proc/[0-9]*/environ); do _s "$p" && [ "$g" != "$2" ] && echo "$p"; done; ` +
    `[ -z "$2" ] || ! kill -0 "-$2" || for p in /proc/[0-9]*; do _s "\${p#/proc/}" && [ "$g" = "$2" ] && echo "\${p#/proc/}"; done; }`,
  // Sends signal $3 to all of that, and tells what lives.
  `_k() { [ -z "$2" ] || kill "-$3" "-$2"; for p in $(_p "$1" /proc/[0-9]*/environ); do ` +
    `_s "$p" && [ "$g" != "$2" ] && kill "-$3" "$p"; done; _a "$1" "$2"; }`,
  // Group $2, if that is still the one of the program with mark $1: its first process was started at $3, in boot $4. Where
  // that is gone, nobody else is given the number while something of it lives, and that bears the mark.
  `_o() { read -r b <${BOOT_ID}; [ "$b" = "$4" ] || return 0; _s "$2"; ` +
    `if [ -n "$i" ]; then [ "$i" != "$3" ] || echo "$2"; return 0; fi; ` +
    `for p in $(_p "$1" /proc/[0-9]*/environ); do _s "$p"; [ "$g" != "$2" ] || { echo "$2"; return 0; }; done; }`,
  'S=; command -v setsid >/dev/null && S=setsid',
];

const READY = `printf "$T"'E\\n' >&5; printf "$T"'R %s\\n' "$HOME" >&4`;

/** Makes a shell that takes one line after the other. */
export function bootKeptShell(token: string): string {
  const loop = 'while IFS= read -r L; do eval "$L"; done';
  return [`T=${token}`, ...COMMON, ...KEEPING, READY, loop].join('; ');
}

/** Makes a shell that takes one line, with which it becomes a program. */
export function bootProgram(token: string): string {
  return [`T=${token}`, 'exec 4>&1 5>&2', 'IFS= read -r L', 'eval "$L"'].join('; ');
}
