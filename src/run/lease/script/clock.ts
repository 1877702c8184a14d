/** What every part of the script needs: to answer, and to know what time it is. */
export const CLOCK = `say() { printf '%s\\t%s\\n' "$1" "$2"; }

# Sets uptime, in whole seconds; empty where the machine does not tell.
ask_uptime() {
  uptime=
  { read -r uptime rest </proc/uptime; } 2>/dev/null
  uptime=\${uptime%%.*}
}
ask_boot() {
  boot=-
  { read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || :
}

`;
