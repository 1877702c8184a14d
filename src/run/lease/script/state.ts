/** What is known of a lease, and what is written of it. */
export const STATE = `# Sets value to what the holder's file says of $1.
of_holder() {
  value=
  { while IFS= read -r line; do
    case $line in "$1 "*) value=\${line#* } && return 0 ;; esac
  done <"$lease/holder"; } 2>/dev/null
  return 1
}

is_mine() { of_holder holder && [ "$value" = "$me" ]; }
# Whether the machine has not been started again since: what ran there before runs no more.
is_of_this_boot() {
  ask_boot
  of_holder boot
  [ "$value" = "$boot" ]
}

# Sets watchdog to alive or dead.
ask_watchdog() {
  watchdog=dead
  { read -r dog dog_began dog_boot <"$lease/watchdog"; } 2>/dev/null || return 0
  is_same "$dog" "$dog_began" "$dog_boot" && watchdog=alive
  return 0
}

# Sets age, in seconds since the last beat, empty where nobody knows; and beaten_by, 0 where it was never renewed.
ask_age() {
  age= beat= beaten_by=
  { read -r beat beaten_by <"$lease/beat"; } 2>/dev/null
  ask_uptime
  case $beat$uptime in '' | *[!0-9]*) return ;; esac
  [ -z "$beat" ] || [ -z "$uptime" ] || age=$((uptime - beat))
}

# Sets condition: free, mine, held, expiring (its watchdog is at work), or dead. $1 is a holder of whom whoever asks knows that it is gone.
judge() {
  condition=free
  [ -d "$lease" ] || return 0
  condition=dead
  of_holder holder || return 0
  # What its watchdog has begun to sweep is swept to the end, and begun anew.
  if [ "$value" = "$me" ] && [ ! -e "$lease/expired" ] && is_of_this_boot; then
    condition=mine
    return 0
  fi
  [ "$value" != "$1" ] || return 0
  is_of_this_boot || return 0
  ask_watchdog
  ask_age
  of_holder lease
  if [ ! -e "$lease/expired" ] && [ "\${age:-0}" -lt "$value" ] && [ "$age$watchdog" != dead ]; then condition=held
  elif [ $watchdog = alive ]; then condition=expiring
  fi
}

tell_holder() {
  { while IFS= read -r line; do
    printf '%s\\t%s\\t%s\\n' "$1" "\${line%% *}" "\${line#* }"
  done <"$lease/holder"; } 2>/dev/null
}
tell_state() {
  tell_holder holder
  ask_age
  say age "$age"
  [ "$beaten_by" != 0 ] || say renewed never
  ask_watchdog
  say watchdog $watchdog
  [ ! -e "$lease/expired" ] || say expired yes
}

# Calls "$@" with what is to be swept of all the nodes that are this machine.
with_pairs() {
  for file in "$lease/nodes"/*; do
    [ -f "$file" ] && command exec 8<"$file" || continue
    while IFS= read -r line <&8; do
      case $line in
        base\\ /* | kept\\ /* | docker\\ required) ;;
        emptied\\ /*) [ -O /dev/fd/8 ] 2>/dev/null || continue ;;
        *) continue ;;
      esac
      set -- "$@" "\${line%% *}" "\${line#* }"
    done
    exec 8<&-
  done
  "$@"
}

# Writes what is to be swept of node $1 to $lease/nodes. What was written by half stays out of there: half a path is another.
# A shell itself does not tell, or not why, that a disk is full.
write_node() {
  target=$lease/nodes/$1
  shift
  while [ $# -ge 2 ]; do
    # What does not fit on a line is left to the controller.
    case $2 in *'
'*) ;; *) printf '%s %s\\n' "$1" "$2" ;; esac
    shift 2
  done | cat >"$lease/node.new" && mv -f -- "$lease/node.new" "$target"
}
write_beat() {
  ask_uptime
  echo "\${uptime:--} $1" | cat >"$lease/beat.new" && mv -f -- "$lease/beat.new" "$lease/beat"
}
make_folder() {
  [ ! -L "$1" ] && { [ -d "$1" ] || mkdir -- "$1" || [ -d "$1" ]; } || return
  # Another login may have to take over what is dead.
  if [ "$shared" = yes ] && [ -O "$1" ]; then chmod 777 "$1"; fi
}
tidy_up() { rmdir -- "$folder/notes" "$folder" 2>/dev/null || :; }

`;
