import { MARK_VARIABLE } from '../../../remote/mark.js';

/** The watchdog of a lease, and what it takes to start, end and relieve it. */
export const WATCHDOG = `# Only by whoever has the turn: another node of the run may be this machine, too, and two that start at once get in each
# other's way.
watch_over() {
  ask_watchdog
  [ $watchdog = alive ] || start_watchdog
}

start_watchdog() {
  rm -f -- "$lease/watchdog"
  unset ${MARK_VARIABLE} PLAYBOOK_RUN PLAYBOOK_CONTROLLER
  session=setsid
  command -v setsid >/dev/null 2>&1 || session=
  of_holder run && watched_run=$value
  of_holder controller && watched_controller=$value
  of_holder lease && watched_seconds=$value
  # It reads all of its program from a pipe: there is no file that could be changed, or missed.
  printf '%s\\n' "$script" |
    $session /bin/sh -s watch "$folder" "$me" "$watched_run" "$watched_controller" "$watched_seconds" \\
      >/dev/null 2>&1 9>&- 8>&- &
  tries=125
  until ask_watchdog && [ $watchdog = alive ]; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { say watchdog missing; return; }
    nap 40
  done
  say watchdog started
}

# Sweeps what a dead holder has left, and removes its lease. The turn is given up meanwhile: it may take long. Of what
# whoever asks has there, only what is to be kept is about others, too.
take_over() {
  words=$#
  while [ $words -gt 0 ]; do
    [ "$1" != kept ] || set -- "$@" "$1" "$2"
    shift 2
    words=$((words - 2))
  done
  victim= dead_run= dead_controller= is_clean=yes
  of_holder holder && victim=$value
  of_holder run && dead_run=$value
  of_holder controller && dead_controller=$value
  tell_holder taken
  give_way
  [ -z "$dead_run" ] || with_pairs sweep force "$dead_run" "$dead_controller" "$@" || is_clean=
  take_turn || return
  judge "$gone"
  of_holder holder
  # Somebody else may have been quicker, or its holder have it again.
  [ "$condition $value" = "dead $victim" ] || return 0
  # Where nobody is about to have it, it goes on to say what is left.
  [ -n "$is_clean" ] || [ "$work" != break ] || return 0
  stop_watchdog
  rm -rf -- "$lease"
}

# With its group, where it has one of its own.
kill_watchdog() { kill -KILL "-$dog" 2>/dev/null || kill -KILL "$dog" 2>/dev/null || :; }
# Ends the watchdog of this lease, where one may: it would end itself, but in its own time.
stop_watchdog() {
  ask_watchdog
  [ $watchdog = dead ] || kill_watchdog
}

# The watchdog. It counts what passes while the beat stays the same, never the hours of a machine that was asleep.
watch() {
  run=$1 controller=$2 seconds=$3
  exec </dev/null >/dev/null 2>&1
  trap '' HUP INT PIPE
  cd /
  umask 022
  is_mine || return
  ask_boot
  look_up $$ || return
  echo "$$ $began $boot" >"$lease/watchdog.new" && mv -f -- "$lease/watchdog.new" "$lease/watchdog" || return
  poll=$((seconds / 3))
  [ $poll -ge 1 ] || poll=1
  [ $poll -le 5 ] || poll=5
  waited=0 last=
  ask_uptime
  before=$uptime
  while :; do
    sleep $poll
    is_mine || return
    { read -r beat <"$lease/beat"; } 2>/dev/null || beat=
    ask_uptime
    passed=$poll
    if [ -n "$uptime" ] && [ $((uptime - before)) -le $((3 * poll + 5)) ]; then passed=$((uptime - before)); fi
    before=$uptime
    if [ "$beat" != "$last" ]; then
      last=$beat waited=0
    else
      waited=$((waited + passed))
    fi
    # Whoever breaks it has it swept at once.
    if { [ $waited -ge "$seconds" ] || [ -e "$lease/expired" ]; } && expire; then return; fi
  done
}

expire() {
  take_turn || return
  { read -r beat <"$lease/beat"; } 2>/dev/null || beat=
  is_broken=no
  [ ! -e "$lease/expired" ] || is_broken=yes
  if ! is_mine || { [ $is_broken = no ] && [ "$beat" != "$last" ]; }; then
    give_way
    return 1
  fi
  # A disk that is full, or read-only by now, keeps nobody from sweeping.
  true >"$lease/expired" || :
  give_way
  told= pause=1 is_clean=
  while [ $pause -le 64 ]; do
    said=$(with_pairs sweep force "$run" "$controller") && is_clean=yes
    told="$told
$(printf '%s\\n' "$said" | grep '^removed')"
    [ -z "$is_clean" ] || break
    sleep $pause
    pause=$((pause * 2))
    is_mine || return 0
  done
  take_turn || return
  if is_mine; then
    shared=no
    [ "$(ls -ld -- "$folder" | cut -c 9)" != w ] || shared=yes
    of_holder project && watched_project=$value
    make_folder "$folder/notes"
    {
      say run "$run"
      say project "$watched_project"
      say waited "$waited"
      say broken $is_broken
      say at "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
      printf '%s\\n' "$told" "$said" | grep -v '^removed' | grep .
      printf '%s\\n' "$told" | grep '^removed'
    } >"$folder/notes/$run-$controller"
    # What could not be removed is for whoever comes next to try: the lease says what that is.
    [ -z "$is_clean" ] || rm -rf -- "$lease"
  fi
  give_way
}

`;
