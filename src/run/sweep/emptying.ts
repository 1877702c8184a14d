import { quoteWord } from '../../remote/quote.js';

/** How a folder is emptied. Also what a container is given to do, so it stands on its own. */
const EMPTY = `
# Sets sweep_keeps for path $1: whole, where it is to be kept, and within, where something below it is.
sweep_judge() {
  sweep_path=$1 sweep_keeps=nothing
  shift
  while [ $# -ge 2 ]; do
    if [ "$1" = kept ] && [ -e "$2" ]; then
      case $sweep_path/ in "$2"/*) sweep_keeps=whole && return ;; esac
      case $2/ in "$sweep_path"/*) sweep_keeps=within ;; esac
    fi
    shift 2
  done
}

# Whether folder $1 holds anything that is not to be kept.
sweep_holds_more() (
  folder=$1
  shift
  for entry in "$folder"/* "$folder"/.[!.]* "$folder"/..?*; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    sweep_judge "$entry" "$@"
    case $sweep_keeps in
      whole) ;;
      within) sweep_holds_more "$entry" "$@" && exit 0 ;;
      *) exit 0 ;;
    esac
  done
  exit 1
)

# Removes what folder $1 holds, but for what is to be kept. Says why something could not be removed.
sweep_empty() (
  folder=$1
  shift
  for entry in "$folder"/* "$folder"/.[!.]* "$folder"/..?*; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    sweep_judge "$entry" "$@"
    case $sweep_keeps in
      whole) ;;
      within) sweep_empty "$entry" "$@" ;;
      *)
        rm -rf -- "$entry" && continue
        # Not even the owner may remove what is in a folder that cannot be written to. A link would be followed.
        [ -L "$entry" ] || chmod -R u+rwX -- "$entry"
        rm -rf -- "$entry" 2>&1
        ;;
    esac
  done
) 2>/dev/null

# What folder $1 is to the file system, whatever its path leads to at another time or in another place.
sweep_number() (
  cd -- "$1" && set -- $(ls -di .) && echo "$1"
)
`;

/** What the container does: `… sh NUMBER FOLDER [KIND VALUE]...`. */
const EMPTY_AS_ROOT = `${EMPTY}
[ "$(sweep_number "$2")" = "$1" ] || { echo "it does not have $2 in there" >&2; exit 1; }
shift
sweep_empty "$@"
exit 0
`;

/**
 * `sweep_clear FOLDER [KIND VALUE]...`: removes what a folder holds, but for what is to be `kept`. What the login may not
 * remove was written by containers, as root; where docker is needed, one more of them removes it. `$sweep_why` says why it
 * could not, for people. Needs `sweep_docker`, `$sweep_needs_docker`, `$sweep_run` and `$sweep_controller`.
 */
export const EMPTYING_FUNCTIONS = `${EMPTY}
sweep_clear() {
  sweep_error=$(sweep_empty "$@" | tail -n 1)
  sweep_holds_more "$@" || return 0
  sweep_before=$sweep_why sweep_why=$sweep_error
  [ -z "$sweep_needs_docker" ] || sweep_empty_as_root "$@"
}

# Only in a folder of the login's own, and only while that is what the container sees: somebody else, who may have put the
# folder where it is, must not have anything removed with more than his own rights. By its id no image is ever pulled.
sweep_empty_as_root() {
  if ! { [ -O "$1" ] && sweep_inode=$(sweep_number "$1"); }; then
    sweep_why="only root can remove what containers wrote in $1: the folder is not the login's own"
    return
  fi
  sweep_field=$(printf '%s' "$1" | sed 's/"/""/g')
  sweep_said='there is none'
  for sweep_image in $sweep_image $(sweep_docker image ls -q --no-trunc 2>/dev/null | uniq | head -n 8); do
    sweep_said=$(
      sweep_docker run --rm --network none --user 0 --userns host --security-opt label=disable \\
        --label "playbook.run=$sweep_run" --label "playbook.controller=$sweep_controller" \\
        --env NVIDIA_VISIBLE_DEVICES=void --mount "type=bind,\\"source=$sweep_field\\",\\"target=$sweep_field\\"" \\
        --entrypoint sh "$sweep_image" -c "$sweep_as_root" sh "$sweep_inode" "$@" 2>&1 >/dev/null
    ) || continue
    sweep_why=$sweep_before
    ! sweep_holds_more "$@" || sweep_why="not even root, in a container, could remove what is in $1: $sweep_error"
    return
  done
  sweep_said=$(printf '%s\\n' "$sweep_said" | grep . | tail -n 1)
  sweep_why="only root can remove what containers wrote in $1, and no image there could be used for that: $sweep_said"
}
sweep_image= sweep_as_root=${quoteWord(EMPTY_AS_ROOT)}
`;
