import { RECORD_FUNCTIONS } from '../../deploy/process/scripts.js';
import { EMPTYING_FUNCTIONS } from './emptying.js';
import { PROCESS_FUNCTIONS } from './processes.js';

/**
 * The one broom: what a run has on a machine, found by its labels, its marks, the names of its folders and who lives in
 * these, and by nothing else. Whatever the login may not see is not ours. The functions are there for whoever has more to
 * do than to sweep.
 *
 * `sweep list|force RUN CONTROLLER [KIND VALUE]...`, where KIND is
 *
 * - `base`: a folder below which the run has folders of its own,
 * - `emptied`: a folder that belongs to the run, but for being there,
 * - `kept`: what may not be touched below one of these,
 * - `docker`, with the value `required`: that docker does not answer is no proof of anything, and what the login may not
 *   remove is what containers have written as root.
 *
 * Says a line for each thing, fields separated by tabs: `left KIND TEXT`; with `force`, after everything was done,
 * `removed KIND TEXT`, too; `trouble TEXT` where it could not look everywhere, or why it could not remove something. Exit
 * status 0 when nothing is left, 1 otherwise.
 */
export const SWEEP_FUNCTIONS = `${RECORD_FUNCTIONS}
sweep_tab=$(printf '\\t')

# At most a minute, where there is a way to say so: a daemon that hangs answers nobody, and a client that waits for a
# container hands every other signal on to that.
sweep_docker() {
  if command -v timeout >/dev/null 2>&1; then timeout -s KILL 60 docker "$@"; else docker "$@"; fi
}
${EMPTYING_FUNCTIONS}${PROCESS_FUNCTIONS}
# What docker calls $1 (ps, network ls, ...) and bears both labels.
sweep_labelled() {
  sweep_docker "$@" --filter "label=playbook.run=$sweep_run" \\
    --filter "label=playbook.controller=$sweep_controller"
}

# Says $1 before each. An image that somebody else has given a name, too, keeps that.
sweep_images() {
  sweep_listed=$(sweep_labelled image ls --format '{{.ID}} {{.Repository}} {{.Tag}}') || return
  printf '%s\\n' "$sweep_listed" | while read -r id repository tag; do
    case $repository in
      '<none>') printf "$1%s\\n" "$id" ;;
      playbook-*) printf "$1%s\\n" "$repository:$tag" ;;
    esac
  done
}

# With those containers on each that are not the run's: they keep it from being removed.
sweep_networks() {
  sweep_listed=$(sweep_labelled network ls --format '{{.Name}}') || return
  [ -n "$sweep_listed" ] || return 0
  sweep_own=$(sweep_labelled ps -a --format '{{.Names}}') || return
  for sweep_network in $sweep_listed; do
    sweep_others=
    for sweep_user in $(
      sweep_docker network inspect --format '{{range .Containers}}{{.Name}} {{end}}' "$sweep_network" 2>/dev/null
    ); do
      case "
$sweep_own
" in
        *"
$sweep_user
"*) ;;
        *) sweep_others="\${sweep_others:+$sweep_others, }$sweep_user" ;;
      esac
    done
    printf 'network\\t%s%s\\n' "$sweep_network" "\${sweep_others:+ (in use by $sweep_others)}"
  done
}

# Says what "$@" lists; where docker does not tell, and is needed, why: its silence proves nothing.
sweep_tell_docker() {
  if sweep_listed=$("$@" 2>/dev/null); then
    [ -z "$sweep_listed" ] || printf '%s\\n' "$sweep_listed"
    return 0
  fi
  [ -n "$sweep_needs_docker" ] || return
  sweep_line=$("$@" 2>&1 >/dev/null | grep . | tail -n 1)
  printf 'trouble\\tdocker does not answer: %s\\n' "\${sweep_line:-it was asked for what is left, and said nothing}"
  return 1
}

# Everything of docker's, and whether it answers at all.
sweep_docker_things() {
  if ! command -v docker >/dev/null 2>&1; then
    [ -z "$sweep_needs_docker" ] || printf 'trouble\\tdocker is not there any more\\n'
    return
  fi
  sweep_tell_docker sweep_labelled ps -a --format 'container\\t{{.Names}} ({{.Image}})' || return
  sweep_tell_docker sweep_networks &
  sweep_tell_docker sweep_labelled volume ls --format 'volume\\t{{.Name}}' &
  sweep_tell_docker sweep_images 'image\\t' &
  wait
}

sweep_remove_docker_things() {
  command -v docker || return
  sweep_found=$(sweep_labelled ps -aq --no-trunc)
  [ -z "$sweep_found" ] || sweep_docker rm -f -v $sweep_found
  sweep_found=$(sweep_labelled network ls -q --no-trunc)
  [ -z "$sweep_found" ] || sweep_docker network rm $sweep_found
  sweep_found=$(sweep_labelled volume ls -q)
  [ -z "$sweep_found" ] || sweep_docker volume rm $sweep_found
} >/dev/null 2>&1

# After the folders: there may be no other image here with which these can be removed.
sweep_remove_images() {
  command -v docker || return
  sweep_found=$(sweep_images '')
  [ -z "$sweep_found" ] || sweep_docker image rm $sweep_found
} >/dev/null 2>&1

# Calls "$1 PATH" for each folder of the run, and "$2 PATH" for each that is to be empty.
sweep_each_folder() {
  sweep_on_own=$1 sweep_on_emptied=$2
  shift 2
  sweep_pairs=$#
  for sweep_word; do
    if [ $((sweep_pairs % 2)) -eq 0 ]; then
      sweep_kind=$sweep_word
    else
      case $sweep_kind in
        base)
          for sweep_folder in "$sweep_word/$sweep_name" "$sweep_word/.$sweep_name".*.part; do
            [ -d "$sweep_folder" ] && [ ! -L "$sweep_folder" ] && $sweep_on_own "$sweep_folder" "$@"
          done
          ;;
        emptied) [ -d "$sweep_word" ] && $sweep_on_emptied "$sweep_word" "$@" ;;
      esac
    fi
    sweep_pairs=$((sweep_pairs - 1))
  done
}

sweep_tell_own() {
  sweep_judge "$@"
  case $sweep_keeps in
    whole) return ;;
    within) sweep_holds_more "$@" || return ;;
  esac
  printf 'folder\\t%s\\n' "$1"
}
sweep_tell_emptied() {
  sweep_judge "$@"
  [ $sweep_keeps = whole ] || ! sweep_holds_more "$@" || printf 'folder\\twhat is in %s\\n' "$1"
}
sweep_remove_own() {
  sweep_judge "$@"
  [ $sweep_keeps != whole ] || return
  chmod u+rwx -- "$1"
  sweep_clear "$@"
  sweep_error=$(rmdir -- "$1" 2>&1) || [ $sweep_keeps = within ] || sweep_why=\${sweep_why:-$sweep_error}
} 2>/dev/null
sweep_remove_emptied() {
  sweep_judge "$@"
  [ $sweep_keeps = whole ] || sweep_clear "$@"
}

# Everything that is there, a line each: KIND, a tab, and a text for people.
sweep_things() {
  sweep_tell_processes "$@"
  sweep_docker_things
  sweep_each_folder sweep_tell_own sweep_tell_emptied "$@"
}

sweep() {
  sweep_mode=$1 sweep_run=$2 sweep_controller=$3
  shift 3
  case $sweep_run in '' | *[!A-Za-z0-9._-]*) echo "trouble\${sweep_tab}no name of a run: $sweep_run" && return 1 ;; esac
  case $sweep_controller in '' | *[!A-Za-z0-9]*) echo "trouble\${sweep_tab}no controller: $sweep_controller" && return 1 ;; esac
  # What this starts is not the run's.
  unset PLAYBOOK_RUN PLAYBOOK_CONTROLLER
  sweep_name=playbook-$sweep_run-$sweep_controller
  sweep_ancestors=$$ sweep_pid=$$
  while sweep_parent "$sweep_pid" && [ "$sweep_pid" -gt 1 ]; do sweep_ancestors="$sweep_ancestors $sweep_pid"; done
  case " $* " in *' docker required '*) sweep_needs_docker=yes ;; *) sweep_needs_docker= ;; esac
  sweep_left=$(sweep_things "$@")
  if [ "$sweep_mode" = force ]; then
    sweep_before=$sweep_left sweep_rounds=3
    while [ -n "$sweep_left" ] && [ $sweep_rounds -gt 0 ]; do
      sweep_rounds=$((sweep_rounds - 1)) sweep_why=
      sweep_end_processes "$@"
      sweep_remove_docker_things
      sweep_each_folder sweep_remove_own sweep_remove_emptied "$@"
      sweep_remove_images
      sweep_left=$(sweep_things "$@")
      [ -z "$sweep_left" ] || [ $sweep_rounds -eq 0 ] || sleep 1
    done
    printf '%s\\n' "$sweep_before" | while IFS= read -r sweep_line; do
      case "
$sweep_left
" in
        *"
$sweep_line
"*) ;;
        *) [ -z "$sweep_line" ] || printf 'removed\\t%s\\n' "$sweep_line" ;;
      esac
    done
    case $sweep_left in *folder$sweep_tab*) [ -z "$sweep_why" ] || printf 'trouble\\t%s\\n' "$sweep_why" ;; esac
  fi
  printf '%s\\n' "$sweep_left" | while IFS= read -r sweep_line; do
    case $sweep_line in
      '') ;;
      trouble*) printf '%s\\n' "$sweep_line" ;;
      *) printf 'left\\t%s\\n' "$sweep_line" ;;
    esac
  done
  [ -z "$sweep_left" ]
}
`;

/** `… playbook list|force RUN CONTROLLER [KIND VALUE]...`: see above. */
export const SWEEP = `${SWEEP_FUNCTIONS}
sweep "$@"
`;

/**
 * `… playbook RUN CONTROLLER [KIND VALUE]...`: removes folders of a run whose services are stopped, where KIND is
 *
 * - `folder`: goes, with all that it holds,
 * - `own`: goes where it is empty,
 * - `emptied` and `docker`: as above.
 *
 * Exit status 0 when all that is done; 1, and why on standard error, otherwise.
 */
export const REMOVE_FOLDERS = `${SWEEP_FUNCTIONS}
sweep_run=$1 sweep_controller=$2 sweep_why= sweep_status=0
shift 2
case " $* " in *' docker required '*) sweep_needs_docker=yes ;; *) sweep_needs_docker= ;; esac
while [ $# -ge 2 ]; do
  case $1 in
    folder)
      if ! rm -rf -- "$2" 2>/dev/null; then
        [ -L "$2" ] || sweep_clear "$2"
        rm -rf -- "$2" || sweep_status=1
      fi
      ;;
    own) rmdir -- "$2" 2>/dev/null ;;
    emptied)
      if [ -d "$2" ]; then
        sweep_clear "$2"
        ! sweep_holds_more "$2" || { echo "there is still something in $2" >&2; sweep_status=1; }
      fi
      ;;
  esac
  shift 2
done
[ -z "$sweep_why" ] || printf '%s\\n' "$sweep_why" >&2
exit $sweep_status
`;
