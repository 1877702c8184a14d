/**
 * What is run on a node by its `sh`, which may be any POSIX shell. Everything that varies is an argument, so that no
 * text is ever put together with these; standard input stays free.
 *
 * The record of a service is one line: its process group, when its first process started, which boot of the machine
 * that was, and where in the log its output begins. A process id alone may have been given to a stranger since.
 */

/**
 * `sh -c … playbook LOG RECORD PROGRAM ARGV...`: becomes ARGV, with both streams appended to LOG. Says `started GROUP
 * OFFSET` on standard output before that, or `failed REASON`. What shows only when it is tried, a script without its
 * interpreter, is explained in LOG (by bash in its own words).
 *
 * The service's environment is there already, so every variable here has a name that no service uses, and no program is
 * searched in the service's `PATH` but its own. The way to success starts no further process: it is what every start
 * waits for.
 */
export const START = `
_playbook_log=$1 _playbook_record=$2 _playbook_program=$3
shift 3
_playbook_fail() { echo failed "$1"; exit 126; }
case $_playbook_program in
  */*)
    [ -e "$_playbook_program" ] || _playbook_fail no-command
    [ ! -d "$_playbook_program" ] || _playbook_fail is-directory
    [ -x "$_playbook_program" ] || _playbook_fail not-executable
    ;;
  *) command -v -- "$_playbook_program" >/dev/null || _playbook_fail no-command ;;
esac

{ true >>"$_playbook_log"; } 2>/dev/null || _playbook_fail no-log
_playbook_offset=0
[ ! -s "$_playbook_log" ] || _playbook_offset=$(command -p wc -c <"$_playbook_log")

_playbook_boot=-
_playbook_began() { _playbook_start=\${20}; }
if { read -r _playbook_line </proc/$$/stat; } 2>/dev/null; then
  _playbook_began \${_playbook_line##*) }
  read -r _playbook_boot </proc/sys/kernel/random/boot_id
else
  _playbook_start=$(command -p ps -o lstart= -p $$ | command -p tr -s ' ' _)
fi
{ echo $$ $_playbook_start $_playbook_boot $_playbook_offset >"$_playbook_record"; } 2>/dev/null ||
  _playbook_fail no-record

_playbook_explain() {
  _playbook_line=$(command -p head -n 1 "$(command -v -- "$_playbook_program")")
  case $_playbook_line in
    '#!'*"$(printf '\\r')") echo "playbook: the lines of $_playbook_program end as on Windows" ;;
    '#!'*) echo "playbook: no interpreter for $_playbook_program: $_playbook_line" ;;
  esac >>"$_playbook_log"
}
trap _playbook_explain EXIT
echo started $$ $_playbook_offset
exec "$@" >>"$_playbook_log" 2>&1
`;

/** Who a service's processes are, by its record; also for those who find records that others have left. */
export const RECORD_FUNCTIONS = `
# Sets state, group_of, terminal, began of process $1; terminal is 0 where it has none, and only Linux tells.
look_up() {
  state= group_of= terminal= began=
  if [ -r /proc/self/stat ]; then
    stat=
    { while IFS= read -r line || [ -n "$line" ]; do stat="$stat $line"; done <"/proc/$1/stat"; } 2>/dev/null
    [ -n "$stat" ] || return 1
    fields \${stat##*) }
  else
    state=$(ps -o state= -p "$1") || return 1
    group_of=$(ps -o pgid= -p "$1" | tr -d ' ')
    began=$(ps -o lstart= -p "$1" | tr -s ' ' _)
  fi
}
fields() { state=$1 group_of=$3 terminal=$5 began=\${20}; }

# Whether group $1, in the session of the same name, has a member that is more than a zombie.
has_members() {
  if [ ! -r /proc/self/stat ]; then
    kill -0 "-$1" 2>/dev/null
    return
  fi
  cat /proc/[0-9]*/stat 2>/dev/null | awk -v id="$1" '
    { sub(/^.*\\) /, "") }
    $3 == id && $4 == id && $1 !~ /[ZX]/ { found = 1 }
    END { exit !found }'
}

# Sets group to that of record $1, where it still runs and is the one recorded.
find_group() {
  group=
  { read -r id recorded boot rest <"$1"; } 2>/dev/null || return 1
  case $id in '' | *[!0-9]*) return 1 ;; esac
  now=-
  { read -r now </proc/sys/kernel/random/boot_id; } 2>/dev/null
  [ "$boot" = "$now" ] || return 1
  if look_up "$id" && [ "$began" != "$recorded" ]; then return 1; fi
  case $state in
    '' | Z* | X*) is_alive "$id" && has_members "$id" || return 1 ;;
  esac
  group=$id
}

# Whether group $1 may still be there: a cheap look, for which zombies count. What may not be signalled is there, too.
is_alive() { kill -0 "-$1" 2>/dev/null || [ -e "/proc/$1" ]; }

# Sleeps $1 ms: 10, 20, 40 or 80.
nap() {
  case $1 in
    10) sleep 0.01 ;;
    20) sleep 0.02 ;;
    40) sleep 0.04 ;;
    *) sleep 0.08 ;;
  esac 2>/dev/null || sleep 1
}
`;

const FUNCTIONS = `${RECORD_FUNCTIONS}
# Sets found to the processes whose environment has all of the variables "$@".
find_labelled() {
  found=
  { [ $# -gt 0 ] && [ -r /proc/self/environ ]; } || return 0
  count=$#
  for label; do
    set -- "$@" -e "$label"
    shift
  done
  found=$(
    grep -czxF "$@" /proc/[0-9]*/environ 2>/dev/null |
      sed -n "s|^/proc/\\([0-9]*\\)/environ:$count\\$|\\1|p"
  )
}

# Signal $1 to the group, and to what was found outside of it.
send() {
  [ -z "$group" ] || kill "-$1" "-$group" 2>/dev/null
  for pid in $found; do
    if look_up "$pid" && [ "$group_of" != "$group" ]; then kill "-$1" "$pid" 2>/dev/null; fi
  done
}

# Waits at most $1 ms until nothing is left of the group and of what has the variables "$@".
wait_until_gone() {
  left=$1 pause=10 polls=0
  shift
  while :; do
    polls=$((polls + 1))
    # Only now and then a thorough look: zombies that nobody collects are rare.
    if [ -n "$group" ]; then
      is_alive "$group" || group=
      [ $((polls % 8)) -ne 0 ] || has_members "$group" || group=
    fi
    if [ -z "$group" ]; then
      find_labelled "$@"
      [ -n "$found" ] || return 0
    fi
    [ "$left" -gt 0 ] || return 1
    nap $pause
    left=$((left - pause))
    [ $pause -ge 80 ] || pause=$((pause * 2))
  done
}

# One line for each process with the variables "$@" outside of the groups in $groups.
list_labelled() {
  find_labelled "$@"
  for pid in $found; do
    look_up "$pid" || continue
    case " $groups " in *" $group_of "*) continue ;; esac
    echo "process $pid $({ tr '\\0\\n' '  ' <"/proc/$pid/cmdline" | cut -c 1-120; } 2>/dev/null)"
  done
}
`;

/**
 * `… playbook RECORD SIGNAL GRACE_MS LABEL...`: ends a service and all it started: the signal, after the grace period
 * SIGKILL. Exit status 0 once it is gone, also when it was gone before; 1 with a list of what is left. Without labels
 * only the recorded group counts.
 */
export const STOP = `${FUNCTIONS}
record=$1 signal=$2 grace=$3
shift 3
find_group "$record"
find_labelled "$@"
if [ -n "$group$found" ]; then
  send "$signal"
  if ! wait_until_gone "$grace" "$@"; then
    tries=50
    # Again and again: what was forked meanwhile has not heard the last one.
    until find_labelled "$@"; send KILL; wait_until_gone 100 "$@"; do
      tries=$((tries - 1))
      [ $tries -gt 0 ] && continue
      groups=$group
      service=\${record##*/}
      [ -z "$group" ] || echo "group $group \${service%.pid}"
      list_labelled "$@"
      exit 1
    done
  fi
fi
[ ! -e "$record" ] || rm -f -- "$record"
`;

/** `… playbook STATE_FOLDER LABEL...`: a line `group ID SERVICE` or `process ID COMMAND` for each that still runs. */
export const LIST = `${FUNCTIONS}
folder=$1 groups=
shift
for record in "$folder"/*.pid; do
  find_group "$record" || continue
  groups="$groups $group"
  service=\${record##*/}
  echo "group $group \${service%.pid}"
done
list_labelled "$@"
`;

/** `… playbook STATE_FOLDER LABEL...`: kills everything that LIST lists. Exit status 1 where something does not die. */
export const PURGE = `${FUNCTIONS}
folder=$1 tries=200 quiet=0
shift
while :; do
  groups=
  for record in "$folder"/*.pid; do
    [ -e "$record" ] || continue
    if find_group "$record"; then
      groups=1
      kill -KILL "-$group" 2>/dev/null
    else
      rm -f -- "$record"
    fi
  done
  find_labelled "$@"
  for pid in $found; do kill -KILL "$pid" 2>/dev/null; done
  if [ -n "$groups$found" ]; then
    quiet=0
  else
    # Twice in a row: a process that is just becoming another program has no environment in that moment.
    quiet=$((quiet + 1))
    [ $quiet -lt 2 ] || exit 0
  fi
  tries=$((tries - 1))
  [ $tries -gt 0 ] || exit 1
  nap 20
done
`;

/** `… playbook TOOL...`: a line `missing NAME` for each that the other scripts would need and the node does not have. */
export const CHECK = `
for tool; do
  command -v "$tool" >/dev/null || echo "missing $tool"
done
if [ -r /proc/self/environ ]; then
  [ "$(printf 'a\\0b\\0c\\0' | grep -czxF -e a -e b)" = 2 ] || echo 'missing grep -z'
fi
`;

/** `… playbook FOLDER...`: a line for each that is no folder, or cannot be written to. */
export const PREPARE = `
for folder; do
  if [ ! -d "$folder" ]; then echo "there is no folder $folder"
  elif [ ! -w "$folder" ] || [ ! -x "$folder" ]; then echo "no permission to write to $folder"
  fi
done
`;

/** `… playbook LOG`: all of it; nothing where there is none. */
export const PRINT = `
[ -e "$1" ] || exit 0
exec cat "$1"
`;

/** `… playbook LOG FIRST_BYTE COUNT`: the last lines from a byte on, counted from 1; nothing where there is no log. */
export const PRINT_LAST = `
[ -e "$1" ] || exit 0
tail -c "+$2" "$1" | tail -n "$3"
`;
