import { BLOCK, EXIT, PRELUDE, STAGING } from '../node/prelude.js';

/**
 * Finds what an earlier attempt left of a large file. Arguments: target, label. Prints
 * `NAME BLOCKS SHA256`, in whole blocks; nothing where there is none.
 *
 * Only one that nobody writes to any more: what is hashed here is what the rest will be added to.
 */
export const FIND_INCOMPLETE = `${PRELUDE}
need dd stat "$hasher"
to=$1 label=$2
${STAGING}
home=\${to%/*}
for part in "\${home:-/}"/."$label"."$host".*.part; do
  if [ ! -f "$part" ] || [ -L "$part" ] || ! is_abandoned "$part"; then continue; fi
  size=$(stat -c %s "$part") || continue
  blocks=$((size / ${BLOCK}))
  [ "$blocks" -gt 0 ] || continue
  sum=$(copy_blocks "$blocks" < "$part" | digest)
  echo "\${part##*/} $blocks \${sum%% *}"
  exit
done
`;

/**
 * Receives one file. Arguments: target, label, and, to continue an earlier attempt, the name of the incomplete copy
 * and how many blocks of it are right.
 *
 * The input is a sequence of segments, each a line \`BLOCKS REST\` and so many bytes; then a line \`end\`; then a line
 * \`SHA256 MODE TIME\`. Only the sender knows when a file that grows has been sent in full, so the length is not told
 * ahead; and what ends without \`end\` is incomplete.
 *
 * The digest is made of what is read back from the file: it proves what the file holds, and the bytes still come out of the
 * page cache. Each segment is read back while the next one is written, so nothing is left to be done when all has arrived.
 * Where there is no processor for that, it would only take time from the writing (the pipe to the digest costs as much
 * again as the digest itself): there it is made at the end. (\`tee\` into \`sha256sum\` would prove less and cost more: it moves
 * 8 kB at a time.)
 *
 * Ended early, it leaves the incomplete copy where it is: it may be continued.
 */
export const RECEIVE_FILE = `${PRELUDE}
need dd mkdir mv rm chmod touch "$hasher"
to=$1 label=$2 found=$3 have=$4
${STAGING}
home=\${to%/*}
home=\${home:-/}
mkdir -p "$home" || exit 1
if [ -d "$to" ]; then echo "$to is a folder" >&2; exit 1; fi
part=$home/.$label.$host.$$.part
if [ -n "$found" ]; then
  mv -f "$home/$found" "$part" || exit 1
  dd if=/dev/null of="$part" bs=${BLOCK} seek="$have" status=none || exit 1
else
  sweep "$home"
  ( umask 077 && : > "$part" ) || exit 1
fi

receive() {
  while read -r blocks rest; do
    if [ "$blocks" = end ]; then return 0; fi
    if [ "$blocks" -gt 0 ]; then copy_blocks "$blocks" >> "$part" || return 1; fi
    if [ "$rest" -gt 0 ]; then copy_rest "$rest" >> "$part" || return 1; fi
    echo "$blocks $rest"
  done
  return ${EXIT.incomplete}
}

# The position belongs to the open file, not to the program that moves it: each goes on where the last one stopped.
skip_found() {
  if [ "$have" -gt 0 ]; then dd bs=${BLOCK} skip="$have" count=0 status=none; fi
}
follow() {
  skip_found <&6
  while read -r blocks rest; do
    if [ "$blocks" -gt 0 ]; then copy_blocks "$blocks" <&6; fi
    if [ "$rest" -gt 0 ]; then copy_rest "$rest" <&6; fi
  done
}

processors=$(nproc 2>/dev/null) || processors=1
report=$(
  exec 9>&1
  if [ "$processors" -gt 2 ] || [ "$hasher" != openssl ]; then
    { receive; echo "$?" >&9; } | follow 6< "$part" | digest
  else
    receive > /dev/null
    echo "$?"
    { skip_found; digest; } < "$part"
  fi
)
received=\${report%%[!0-9]*}
if [ "$received" = ${EXIT.incomplete} ]; then exit ${EXIT.incomplete}; fi
if [ "$received" != 0 ]; then rm -f "$part"; exit 1; fi

# The second line, up to the blank.
sum=\${report#*
}
sum=\${sum%% *}
read -r expected mode time || exit ${EXIT.incomplete}
if [ "$sum" != "$expected" ]; then rm -f "$part"; exit ${EXIT.differs}; fi
if TZ=UTC0 touch -t "$time" "$part" && chmod "$mode" "$part" && mv -f "$part" "$to"; then
  echo "sha256 $sum"
else
  rm -f "$part"
  exit 1
fi
`;
