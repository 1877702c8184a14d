/**
 * Who listens on certain ports of a node, asked by its `sh`, which may be any POSIX shell. Ports are words such as
 * `tcp:1F90`: in hexadecimal, as the kernel writes them, so that nobody has to look far. What is said are lines that
 * `parsePortHolders` understands.
 */

/** `look_at_ports PORT...`: what of them is bound, as everybody may see it. */
export const LOOK_AT_PORTS = `
look_at_ports() {
  [ $# -gt 0 ] || return 0
  wanted=" $* "
  set --
  for table in tcp tcp6 udp udp6; do
    [ ! -r "/proc/net/$table" ] || set -- "$@" "/proc/net/$table"
  done
  [ $# -gt 0 ] || return 0
  awk -v wanted="$wanted" '
    FNR == 1 { table = FILENAME; sub(/.*\\//, "", table); next }
    $4 == "0A" || ($4 == "07" && table ~ /udp/) {
      port = $2
      sub(/.*:/, "", port)
      if (index(wanted, " " substr(table, 1, 3) ":" port " ")) print "listening\\t" table " " $2
    }' "$@" 2>/dev/null
}
`;

/** `… playbook PORT...`: what of them is bound; where something is, also by whom, as far as the login may know. */
export const BOUND_PORTS = `${LOOK_AT_PORTS}
tag() { while IFS= read -r line || [ -n "$line" ]; do printf '%s\\t%s\\n' "$1" "$line"; done; }
has() { command -v "$1" >/dev/null 2>&1; }
if has timeout; then limit() { timeout "$@"; }; else limit() { shift; "$@"; }; fi
found=$(look_at_ports "$@")
if [ -n "$found" ]; then
  printf '%s\\n' "$found"
  has ss && limit 10 ss -Hltunp 2>/dev/null | tag socket
  has docker && limit 20 docker ps --no-trunc --format \\
    '{{.ID}}\\t{{.Names}}\\t{{.Image}}\\t{{.Label "playbook.run"}}\\t{{.Ports}}' 2>/dev/null | tag published
fi
printf 'end\\tok\\n'
`;
