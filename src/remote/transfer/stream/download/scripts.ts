import { BLOCK, PRELUDE } from '../node/prelude.js';

/** Between what programs complained about and what the script itself reports, both on standard error. */
export const END_OF_MESSAGES = '-- end of messages --';

/**
 * Sends a file or a folder. Arguments: what, and from which byte on a file is wanted.
 *
 * Standard output begins with \`file LENGTH MODE TIME\` or \`folder REAL-PATH\`, ended by NUL, and is then the content of the
 * file, or a tar stream.
 *
 * A folder's digest is that of the stream. A file's is made of what a second reader finds in the same range meanwhile: that
 * costs less than \`tee\`, which moves 8 kB at a time, and both read what the cache holds.
 *
 * The report has lines \`tar STATUS\` and \`tee STATUS\`, or \`failed\`, then the digest; then \`now SIZE\`, what the file has
 * become, or, where it is not GNU tar, which says itself what changed under its hands, \`SIZE/NAME\` of all files.
 */
export const SEND = `${PRELUDE}
from=$1 offset=$2
# It says best why something cannot be reached.
ls -d "$from" > /dev/null || exit 1
exec 3>&1

send_folder() {
  need tar tee find stat "$hasher"
  cd "$from" || exit 1
  # A newline at its end would get lost.
  where=$(pwd -P; echo .)
  printf 'folder %s\\0' "\${where%??}"
  sizes=
  case $(tar --version 2>/dev/null) in
    *GNU*) set -- --format=gnu --hard-dereference ;;
    *) set --; sizes=yes ;;
  esac
  # tee gets the pipe to the digest by name, as standard output may be a socket, which has none.
  report=$(
    exec 5>&1
    {
      { tar "$@" -cf - .; echo "tar $?" >&5; } | tee /dev/fd/6 >&3
      echo "tee $?" >&5
    } 6>&1 | digest
  )
  printf '\\n%s\\n%s\\n' '${END_OF_MESSAGES}' "$report" >&2
  if [ -n "$sizes" ]; then find . -type f -exec stat -c '%s/%n' {} + >&2; fi
}

range() {
  {
    if [ "$offset" -gt 0 ]; then dd bs=1 iflag=skip_bytes skip="$offset" count=0 status=none; fi &&
    if [ "$blocks" -gt 0 ]; then copy_blocks "$blocks"; fi &&
    if [ "$rest" -gt 0 ]; then copy_rest "$rest"; fi
  } < "$from"
}

# Of all of the file, in the background; $! is the program itself, and no shell around it.
start_digest() {
  if [ "$hasher" = openssl ]; then OPENSSL_CONF=/dev/null openssl dgst -sha256 -r < "$from" &
  else sha256sum < "$from" &
  fi
}

send_file() {
  need dd stat "$hasher"
  set -- $(stat -L -c '%s %a %Y' "$from")
  if [ $# -ne 3 ]; then exit 1; fi
  if [ "$offset" -gt "$1" ]; then offset=$1; fi
  length=$(($1 - offset))
  blocks=$((length / ${BLOCK}))
  rest=$((length % ${BLOCK}))
  printf 'file %s %s %s\\0' "$length" "$2" "$3"
  size=$1
  # Read to its end by the digest itself, for a pipe would cost as much again; where the end has moved, or only the rest is
  # wanted, it is the range after all. What grows faster than it is read has no end.
  report=$(
    if [ "$offset" = 0 ]; then start_digest; fi
    range >&3 || echo failed
    if [ "$offset" = 0 ] && [ "$(stat -L -c %s "$from")" != "$size" ]; then kill "$!" 2>/dev/null; fi
    wait 2>/dev/null
  )
  now=$(stat -L -c %s "$from")
  if [ "$offset" != 0 ] || [ "$now" != "$size" ]; then
    case $report in *failed*) ;; *) report=$(range | digest) ;; esac
  fi
  printf '\\n%s\\n%s\\nnow %s\\n' '${END_OF_MESSAGES}' "$report" "$now" >&2
}

if [ -d "$from" ]; then
  send_folder
elif [ -f "$from" ] && [ ! -r "$from" ]; then
  echo "sh: $from: Permission denied" >&2
  exit 1
elif [ -f "$from" ]; then
  send_file
else
  echo "$from is neither a file nor a folder" >&2
  exit 1
fi
`;
