import { MARK_VARIABLE } from '../../remote/mark.js';
import { SWEEP_FUNCTIONS } from '../sweep/script.js';

/**
 * The lease of a machine, kept in a folder FOLDER there. `lease/` is the lease itself, and there only as long as somebody
 * holds it:
 *
 * - `holder`: who that is, a line `NAME VALUE` for each thing; the first one is `holder ID`,
 * - `beat`: the machine's uptime when it was last renewed; `watchdog`: its process, and when that began,
 * - `nodes/NODE`: what to sweep, a line `KIND VALUE` each (see the broom), for each of the run's nodes that are this machine,
 * - `expired`: the watchdog has begun to sweep.
 *
 * `notes/RUN-CONTROLLER` is what a watchdog has to tell. What is to be changed is changed under a lock on the folder above,
 * so that nothing has to be left for locking. Times are the machine's uptime: clocks jump, and differ.
 *
 * The folder may belong to another login, so nothing that it says is run, and folders to be emptied count only where one
 * has said so oneself.
 *
 * The first argument is the work, then FOLDER:
 *
 * - `acquire FOLDER HOLDER NODE SHARED RUN CONTROLLER SECONDS MACHINE USER PID PROJECT SINCE PROCESS GONE [KIND VALUE]...`:
 *   PROCESS tells whether the holder lives, GONE is the id of another of whom that is known not to be so
 * - `renew FOLDER HOLDER NODE [KIND VALUE]...`
 * - `release FOLDER HOLDER NODE RUN CONTROLLER`
 * - `break FOLDER HOLDER`, which leaves its watchdog to find that out
 * - `end FOLDER - RUN CONTROLLER`: of a run that is over, and has been swept
 * - `read FOLDER`
 *
 * Answers are lines whose fields are separated by tabs: `answer acquired|renewed|lost|released|broken|held|expiring|free|
 * busy|trouble [TEXT]`; of the holder `holder NAME VALUE`, `age SECONDS`, `watchdog alive|dead|started|missing`; of a lease
 * that was taken over `taken NAME VALUE`, `removed …` and `left …` as the broom says it; `note NAME TEXT`.
 */
const LEASE_FUNCTIONS = `${SWEEP_FUNCTIONS}
say() { printf '%s\\t%s\\n' "$1" "$2"; }

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

# One at a time, from here to give_way. The lock is on the folder above: that stays, and nothing is left in it.
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

# Sets value to what the holder's file says of $1.
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

# Sets age, in seconds since the last beat; empty where nobody knows.
ask_age() {
  age= beat=
  { read -r beat rest <"$lease/beat"; } 2>/dev/null
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
  echo "\${uptime:--} $1" >"$lease/beat.new" && mv -f -- "$lease/beat.new" "$lease/beat"
}
make_folder() {
  [ ! -L "$1" ] && { [ -d "$1" ] || mkdir -- "$1" || [ -d "$1" ]; } || return
  # Another login may have to take over what is dead.
  if [ "$shared" = yes ] && [ -O "$1" ]; then chmod 777 "$1"; fi
}
tidy_up() { rmdir -- "$folder/notes" "$folder" 2>/dev/null || :; }

# Only by whoever has the turn: another node of the run may be this machine, too, and two that start at once get in each
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

# Sweeps what a dead holder has left, and removes its lease. The turn is given up meanwhile: it may take long.
take_over() {
  victim= dead_run= dead_controller=
  of_holder holder && victim=$value
  of_holder run && dead_run=$value
  of_holder controller && dead_controller=$value
  tell_holder taken
  give_way
  [ -z "$dead_run" ] || with_pairs sweep force "$dead_run" "$dead_controller"
  take_turn || return
  of_holder holder
  # Somebody else may have been quicker.
  [ "$value" != "$victim" ] || { stop_watchdog; rm -rf -- "$lease"; }
}

# With its group, where it has one of its own.
kill_watchdog() { kill -KILL "-$dog" 2>/dev/null || kill -KILL "$dog" 2>/dev/null || :; }
# Ends the watchdog of this lease, where one may: it would end itself, but in its own time.
stop_watchdog() {
  ask_watchdog
  [ $watchdog = dead ] || kill_watchdog
}

acquire() {
  node=$1 shared=$2 run=$3 controller=$4 seconds=$5 machine=$6 user=$7 pid=$8 project=$9
  shift 9
  since=$1 process=$2 gone=$3
  shift 3
  above=\${folder%/*}
  mkdir -p -- "\${above:-/}" 2>/dev/null
  rounds=5
  while [ $rounds -gt 0 ]; do
    rounds=$((rounds - 1))
    take_turn || { say answer busy; return; }
    judge "$gone"
    case $condition in
      held | expiring)
        give_way
        say answer $condition
        tell_state
        return
        ;;
      dead) take_over || { say answer busy; return; } ;;
      mine) break ;;
    esac
    [ -d "$lease" ] || break
    [ $condition = mine ] || give_way
  done
  if [ -d "$lease" ] && [ "$condition" != mine ]; then
    say answer busy
    return
  fi
  if ! problem=$(write_lease "$@" 2>&1); then
    give_way
    say answer "trouble	$(printf '%s\\n' "$problem" | tail -n 1)"
    return
  fi
  say answer acquired
  watch_over
  give_way
  tell_notes "*-$controller" && rm -f -- "$folder/notes"/*"-$controller" && rmdir -- "$folder/notes" 2>/dev/null
  return 0
}

write_lease() {
  umask 022
  if [ ! -d "$lease" ]; then
    make_folder "$folder" || { echo "$folder cannot be used"; return 1; }
    rm -rf -- "$lease.new"
    final=$lease lease=$lease.new
    make_folder "$lease" && make_folder "$lease/nodes" || return
    ask_boot
    printf '%s %s\\n' holder "$me" run "$run" controller "$controller" machine "$machine" user "$user" \\
      pid "$pid" project "$project" process "$process" since "$since" lease "$seconds" boot "$boot" >"$lease/holder" || return
    write_node "$node" "$@" && write_beat 0 && mv -- "$lease" "$final" || return
    lease=$final
  else
    write_node "$node" "$@" && write_beat 0 || return
  fi
}

renew() {
  node=$1
  shift
  take_turn || { say answer busy; return; }
  # One that is on its way while its node is given back must not take it again: another node may be this machine, too.
  if ! is_mine || [ -e "$lease/expired" ] || [ ! -e "$lease/nodes/$node" ]; then
    give_way
    say answer lost
    tell_state
    return
  fi
  if ! is_of_this_boot; then
    # To everybody else it is dead. What there may be of the run, as folders, goes as if nobody had renewed it.
    watch_over
    give_way
    say answer 'lost	the machine was started again since, and what ran there runs no more'
    return
  fi
  # Whatever cleans up old files must not think that nobody needs these.
  touch -- "$lease/holder" "$lease/watchdog" "$lease/nodes"/*
  if ! problem=$({ write_node "$node" "$@" && write_beat $$; } 2>&1); then
    give_way
    say answer "trouble	$(printf '%s\\n' "$problem" | tail -n 1)"
    return
  fi
  say answer renewed
  watch_over
  give_way
}

release() {
  take_turn || { say answer busy; return; }
  if ! is_mine; then
    # Nobody else is told what its watchdog has done.
    tell_notes "$2-$3" && rm -f -- "$folder/notes/$2-$3"
    give_way
    tidy_up
    if [ -d "$lease" ]; then say answer lost; tell_state; else say answer released; fi
    return
  fi
  rm -f -- "$lease/nodes/$1"
  for file in "$lease/nodes"/*; do
    [ -e "$file" ] || continue
    # Another node of the run is this machine, too.
    give_way
    say answer released
    return
  done
  ask_watchdog
  problem=$(rm -rf -- "$lease" 2>&1)
  if [ -e "$lease" ]; then
    give_way
    say answer "trouble	$(printf '%s\\n' "$problem" | tail -n 1)"
    return
  fi
  if [ $watchdog = alive ]; then
    kill_watchdog
    tries=250
    while is_same "$dog" "$dog_began" "$dog_boot" && [ $tries -gt 0 ]; do
      tries=$((tries - 1))
      nap 40
    done
    is_same "$dog" "$dog_began" "$dog_boot" && say watchdog alive
  fi
  tidy_up
  give_way
  say answer released
}

break_lease() {
  take_turn || { say answer busy; return; }
  if is_mine; then
    tell_state
    problem=$(rm -rf -- "$lease" 2>&1)
    if [ -e "$lease" ]; then say answer "trouble	$(printf '%s\\n' "$problem" | tail -n 1)"; else say answer broken; fi
  elif [ -d "$lease" ]; then
    say answer held
    tell_state
  else
    say answer free
  fi
  tidy_up
  give_way
}

end_lease() {
  # Not even a folder in which there could be one, or a note.
  [ -d "$folder" ] || { say answer released; return; }
  take_turn || { say answer busy; return; }
  of_holder run
  ended=$value
  of_holder controller
  if [ -d "$lease" ] && [ "$ended $value" = "$1 $2" ]; then
    stop_watchdog
    problem=$(rm -rf -- "$lease" 2>&1)
  fi
  if [ -d "$lease" ] && [ "$ended $value" = "$1 $2" ]; then
    say answer "trouble	$(printf '%s\\n' "$problem" | tail -n 1)"
  else
    say answer released
    # Whoever has swept the run has also seen what the watchdog did.
    tell_notes "$1-$2" && rm -f -- "$folder/notes/$1-$2"
  fi
  tidy_up
  give_way
}

read_lease() {
  if [ -d "$lease" ]; then
    judge -
    say answer "$condition"
    tell_state
  else
    say answer free
  fi
  tell_notes '*'
}

# What watchdogs have to tell, in notes whose names match $1. Exit status 1 where that is nothing.
tell_notes() {
  has_told=1
  for note in "$folder/notes"/$1; do
    [ -f "$note" ] || continue
    has_told=0
    { while IFS= read -r line; do printf 'note\\t%s\\t%s\\n' "\${note##*/}" "$line"; done <"$note"; } 2>/dev/null
  done
  return $has_told
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
    if [ $waited -ge "$seconds" ] && expire; then return; fi
  done
}

expire() {
  take_turn || return
  { read -r beat <"$lease/beat"; } 2>/dev/null || beat=
  if ! is_mine || [ "$beat" != "$last" ]; then
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
      say at "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
      printf '%s\\n' "$told" "$said" | grep -v '^removed' | grep .
      printf '%s\\n' "$told" | grep '^removed'
    } >"$folder/notes/$run-$controller"
    # What could not be removed is for whoever comes next to try: the lease says what that is.
    [ -z "$is_clean" ] || rm -rf -- "$lease"
  fi
  give_way
}

work() {
  work=$1 folder=$2
  shift 2
  lease=$folder/lease me=\${1:-}
  case $work in
    read) read_lease; return ;;
    *) shift ;;
  esac
  case $work in
    acquire) acquire "$@" ;;
    renew) renew "$@" ;;
    release) release "$@" ;;
    break) break_lease ;;
    end) end_lease "$@" ;;
    watch) watch "$@" ;;
  esac
}
`;

/** Reads itself to the end before it does anything, and holds its own text in `$script`, for the watchdog. */
export const LEASE = `${LEASE_FUNCTIONS}
work "$@"; exit
`;

/** What is run with `LEASE` as its first argument. */
export const RUN_LEASE = 'script=$1; shift; eval "$script"';
