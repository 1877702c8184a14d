/** Who changes a lease has the turn: one at a time, with `flock` or without. */
export const TURN = `# One at a time, from here to give_way. The lock is on the folder above: that stays, and nothing is left in it.
take_turn() {
  above=\${folder%/*}
  above=\${above:-/}
  tries=600 turn=
  ask_uptime
  late=$((\${uptime:-0} + 25))
  if command -v flock >/dev/null 2>&1 && [ -r "$above" ] && command exec 9<"$above"; then
    while :; do
      flock -n 9 2>/dev/null
      case $? in
        0) turn=flock && return ;;
        # A file system that has no such locks.
        1) ;;
        *) break ;;
      esac
      keep_waiting || { exec 9<&-; return 1; }
    done
    exec 9<&-
  fi
  mutex=$folder.mutex
  ask_boot
  look_up $$
  own=$$,$began,$boot
  until lock "$mutex"; do
    [ $((tries % 8)) -ne 0 ] || free_of_dead "$mutex"
    keep_waiting || return
  done
  turn=mutex
}
# A lock $1 for those who have no flock is a link that says who has it: there and named in one step. It leads nowhere.
lock() { ln -s "/dev/null/$own" "$1" 2>/dev/null; }
# Removes lock $1 of whoever is dead. Only its owner may, or whoever has the lock that is named after that one: so nobody who
# was slow to find out removes what a third one has locked since. Whoever dies over that leaves one of these in turn.
free_of_dead() (
  dead=$(readlink -- "$1") || exit
  dead=\${dead##*/}
  is_owner_alive "$dead" && exit
  lock "$mutex.$dead" || { free_of_dead "$mutex.$dead"; exit; }
  [ "$(readlink -- "$1")" != "/dev/null/$dead" ] || rm -f -- "$1"
  rm -f -- "$mutex.$dead"
)
is_owner_alive() {
  IFS=,
  set -- $1
  unset IFS
  is_same "$1" "$2" "$3"
}
keep_waiting() {
  tries=$((tries - 1))
  ask_uptime
  [ $tries -gt 0 ] && [ "\${uptime:-0}" -le $late ] && nap 40
}
give_way() {
  case $turn in
    flock) exec 9<&- ;;
    mutex) rm -f -- "$mutex" ;;
  esac
  turn=
}

# Whether process $1 runs, and is the one that began at $2 in boot $3.
is_same() {
  ask_boot
  [ "$3" = "$boot" ] && look_up "$1" && [ "$began" = "$2" ] || return 1
  case $state in Z* | X*) return 1 ;; esac
}

`;
