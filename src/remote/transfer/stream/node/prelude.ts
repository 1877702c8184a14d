/** Exit codes of our scripts, apart from those of the programs they run. */
export const EXIT = {
  /** A program is missing; standard error says `missing NAME...`. */
  missingTools: 91,
  /** The input ended too early. */
  incomplete: 92,
  /** What lies on the disk has not the sha256 of what was sent. */
  differs: 93,
} as const;

/** What lengths are counted in, and what resuming is rounded to. */
export const BLOCK = 1024 * 1024;

/**
 * What all scripts begin with. Everything stays within POSIX `sh` as dash, bash and busybox have it, and within what
 * the programs of GNU and of busybox have in common.
 */
export const PRELUDE = `
# Messages are parsed, and names are bytes.
export LC_ALL=C
unset TAR_OPTIONS CDPATH

need() {
  missing=
  for tool do command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"; done
  [ -z "$missing" ] || { echo "missing$missing" >&2; exit ${EXIT.missingTools}; }
}

# Where openssl is there it is used: it knows the instructions of the processor for sha256, which the sha256sum of many
# distributions does not (1.4 GB/s beside 0.2 GB/s). Its configuration is of no use here and may be broken.
if command -v openssl >/dev/null 2>&1; then
  hasher=openssl
  digest() { OPENSSL_CONF=/dev/null openssl dgst -sha256 -r; }
else
  hasher=sha256sum
  digest() { sha256sum; }
fi

# A pipe brings less than asked for at a time; without "fullblock" that would count as a whole block. 64 kB at a time are
# what a pipe holds and what stays in the processor's cache.
copy_blocks() { dd bs=65536 count=$(($1 * ${BLOCK / 65536})) iflag=fullblock status=none; }
copy_rest() { dd bs="$1" count=1 iflag=fullblock status=none; }
`;

/**
 * How incomplete copies are named, and how those that nobody works on any more are told from the others. The name says
 * on which machine and in which process group they are written, as the folder may lie on a disk that several machines
 * share. A process group whose number was given away again only keeps them a while longer.
 *
 * Expects `label` to be set.
 */
export const STAGING = `
read -r host < /proc/sys/kernel/hostname || host=$(uname -n)
case $host in ''|*[!A-Za-z0-9._-]*) host=node ;; esac

is_abandoned() {
  owner=\${1%.part}
  owner=\${owner##*.}
  case $owner in ''|*[!0-9]*) return 1 ;; esac
  if ! kill -0 "-$owner" 2>/dev/null && [ ! -d "/proc/$owner" ]; then return 0; fi
  # What bears the number may be a zombie that nobody collects.
  for process in /proc/[0-9]*/stat; do
    { read -r line < "$process"; } 2>/dev/null || continue
    pid=\${line%% *}
    # STATE PARENT GROUP, behind a name that may hold anything.
    set -- \${line##*) }
    case $1 in Z|X) continue ;; esac
    if [ "$3" = "$owner" ] || [ "$pid" = "$owner" ]; then return 1; fi
  done
  [ -d "/proc/$$" ]
}

sweep() {
  for stale in "$1"/."$label"."$host".*.part; do
    if [ -e "$stale" ] && is_abandoned "$stale"; then rm -rf -- "$stale"; fi
  done
}
`;
