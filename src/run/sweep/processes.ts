import { RESIDENT_FUNCTIONS } from './residents.js';

/**
 * How processes of a run are found, told and ended: those that bear its marks, the groups of services on record, and who
 * lives in its folders. Needs the functions for records, `$sweep_run`, `$sweep_controller`, `$sweep_name` and
 * `$sweep_ancestors`.
 */
export const PROCESS_FUNCTIONS = `${RESIDENT_FUNCTIONS}
# Whether process $1 is this sweep itself, or has started it, or was started by it, or is gone.
sweep_is_own() {
  case " $sweep_ancestors " in *" $1 "*) return 0 ;; esac
  [ -e "/proc/$1/stat" ] || return 0
  sweep_pid=$1
  while [ "$sweep_pid" -gt 1 ] 2>/dev/null; do
    [ "$sweep_pid" != $$ ] || return 0
    sweep_parent "$sweep_pid" || return 1
  done
  return 1
}

# Sets sweep_pid to the parent of process $1.
sweep_parent() {
  sweep_pid=
  { read -r sweep_line <"/proc/$1/stat"; } 2>/dev/null || return 1
  sweep_second() { sweep_pid=$2; }
  sweep_second \${sweep_line##*) }
}

# Sets sweep_processes to those that bear both marks.
sweep_find_marked() {
  sweep_processes=
  [ -r /proc/self/environ ] || return 0
  sweep_run_mark=PLAYBOOK_RUN=$sweep_run sweep_controller_mark=PLAYBOOK_CONTROLLER=$sweep_controller
  if [ "$(printf 'a\\0b\\0' | grep -czxF -e a 2>/dev/null)" = 1 ]; then
    sweep_marked=$(
      for environ in $(grep -lszxF -e "$sweep_run_mark" /proc/[0-9]*/environ); do
        grep -qszxF -e "$sweep_controller_mark" "$environ" && echo "$environ"
      done 2>/dev/null
    )
  else
    sweep_marked=$(
      for environ in /proc/[0-9]*/environ; do
        marks=$({ tr '\\0' '\\n' <"$environ" | grep -xF -e "$sweep_run_mark" -e "$sweep_controller_mark"; } 2>/dev/null)
        case $marks in
          *"$sweep_run_mark"*"$sweep_controller_mark"* | *"$sweep_controller_mark"*"$sweep_run_mark"*) echo "$environ" ;;
        esac
      done
    )
  fi
  for sweep_environ in $sweep_marked; do
    sweep_found=\${sweep_environ#/proc/}
    sweep_found=\${sweep_found%/environ}
    sweep_is_own "$sweep_found" || sweep_processes="$sweep_processes $sweep_found"
  done
}

# Sets sweep_groups to the process groups that services of the run have on record, which may have lost their marks.
sweep_find_groups() {
  sweep_groups=
  while [ $# -ge 2 ]; do
    if [ "$1" = base ]; then
      for sweep_record in "$2/$sweep_name"/*.state/*.pid; do
        [ -e "$sweep_record" ] || continue
        find_group "$sweep_record" && sweep_groups="$sweep_groups $group"
      done
    fi
    shift 2
  done
}

# Sets sweep_groups and sweep_processes to all that there is.
sweep_find_all() {
  sweep_find_groups "$@"
  sweep_find_marked
  sweep_find_residents "$@"
}

sweep_end_processes() {
  sweep_tries=200 sweep_quiet=0
  while [ $sweep_tries -gt 0 ]; do
    sweep_find_all "$@"
    for sweep_found in $sweep_groups; do kill -KILL "-$sweep_found" 2>/dev/null; done
    for sweep_found in $sweep_processes; do kill -KILL "$sweep_found" 2>/dev/null; done
    if [ -n "$sweep_groups$sweep_processes" ]; then
      sweep_quiet=0
    else
      # Twice in a row: a process that is just becoming another program has no environment in that moment.
      sweep_quiet=$((sweep_quiet + 1))
      [ $sweep_quiet -lt 2 ] || return 0
    fi
    sweep_tries=$((sweep_tries - 1))
    nap 20
  done
}

# A line for each, as for everything else that is there.
sweep_tell_processes() {
  sweep_find_all "$@"
  for sweep_found in $sweep_processes; do
    # Gone meanwhile is gone.
    look_up "$sweep_found" || continue
    case $state in Z* | X*) continue ;; esac
    sweep_line=$({ tr '\\0\\t\\n' '   ' <"/proc/$sweep_found/cmdline" | cut -c 1-120; } 2>/dev/null)
    # Some clear their command line.
    [ -n "$sweep_line" ] || { read -r sweep_line <"/proc/$sweep_found/comm"; } 2>/dev/null
    printf 'process\\t%s (%s)\\n' "$sweep_found" "\${sweep_line% }"
  done
  for sweep_found in $sweep_groups; do printf 'process\\tgroup %s\\n' "$sweep_found"; done
}
`;
