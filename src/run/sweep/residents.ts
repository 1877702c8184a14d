/**
 * `sweep_find_residents [KIND VALUE]...`: adds to `$sweep_processes` who lives in a folder of the run although it has lost
 * every mark: it works there, or its program is from there, or its output goes there. Such a folder bears the name of the
 * run and is closed to other logins, so whoever lives in it came with the run, or is a person who looks around: that one
 * has a terminal, or is what terminals of his stand on, as `tmux` is. What is in a container is found by its labels.
 */
export const RESIDENT_FUNCTIONS = `
sweep_find_residents() {
  [ -r /proc/self/stat ] || return 0
  sweep_pairs=$#
  while [ $sweep_pairs -ge 2 ]; do
    if [ "$1" = base ]; then
      # The kernel knows folders by the path behind all links.
      sweep_base=$(cd -P -- "$2" 2>/dev/null && pwd -P) || sweep_base=$2
      set -- "$@" "\${sweep_base%/}/$sweep_name"
    fi
    shift 2
    sweep_pairs=$((sweep_pairs - 2))
  done
  [ $# -gt 0 ] || return 0
  sweep_residents=
  for sweep_found in $(sweep_guess_residents); do
    sweep_lives_in "$sweep_found" "$@" && sweep_is_unattended "$sweep_found" && ! sweep_is_own "$sweep_found" &&
      sweep_residents="$sweep_residents $sweep_found"
  done
  [ -n "$sweep_residents" ] || return 0
  sweep_hosts=$(sweep_find_terminal_hosts)
  for sweep_found in $sweep_residents; do
    case " $sweep_processes $sweep_hosts " in *" $sweep_found "*) continue ;; esac
    look_up "$sweep_found" || continue
    case " $sweep_groups " in *" $group_of "*) continue ;; esac
    sweep_processes="$sweep_processes $sweep_found"
  done
}

# Says who could be one, each once. A few programs look at all: there may be thousands.
sweep_guess_residents() {
  cd /proc || return
  for sweep_link in cwd exe fd/1 fd/2; do ls -ln [0-9]*/$sweep_link; done 2>/dev/null |
    grep -F -e "/$sweep_name" | sed -e 's/ -> .*//' -e 's/.* //' -e 's|/.*||' | sort -u
}

# Whether process $1 lives in one of the folders $2..., which may be gone by now.
sweep_lives_in() {
  sweep_pid=$1
  shift
  for sweep_link in cwd exe fd/1 fd/2; do
    sweep_path=$(readlink "/proc/$sweep_pid/$sweep_link" 2>/dev/null) || continue
    for sweep_home; do
      case \${sweep_path% (deleted)}/ in "$sweep_home"/*) return 0 ;; esac
    done
  done
  return 1
}

# Whether process $1 is the login's own, outside of any container, and has no terminal.
sweep_is_unattended() {
  [ -O "/proc/$1" ] && [ "/proc/$1/ns/pid" -ef /proc/self/ns/pid ] && look_up "$1" && [ "$terminal" = 0 ]
}

# Says what terminals stand on: the parents of whoever has one, and theirs.
sweep_find_terminal_hosts() {
  cat /proc/[0-9]*/stat 2>/dev/null | awk '
    { pid = $1; if (sub(/^.*\\) /, "")) { parent[pid] = $2; if ($5 != 0) attended[pid] } }
    END {
      for (pid in attended) for (p = parent[pid]; p > 1 && !(p in hosts); p = parent[p]) hosts[p]
      for (pid in hosts) printf "%s ", pid
    }'
}
`;
