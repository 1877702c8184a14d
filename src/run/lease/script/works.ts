/** What a lease is asked for: see `lease/script.ts`. */
export const WORKS = `acquire() {
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
      dead) take_over "$@" || { say answer busy; return; } ;;
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
    rm -rf -- "$lease.new"
    tidy_up
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

# A shell itself does not tell why, where a disk is full: cat does.
write_lease() {
  umask 022
  if [ ! -d "$lease" ]; then
    make_folder "$folder" || { echo "$folder cannot be used"; return 1; }
    rm -rf -- "$lease.new"
    final=$lease lease=$lease.new
    make_folder "$lease" && make_folder "$lease/nodes" || return
    ask_boot
    printf '%s %s\\n' holder "$me" run "$run" controller "$controller" machine "$machine" user "$user" \\
      pid "$pid" project "$project" process "$process" since "$since" lease "$seconds" boot "$boot" |
      cat >"$lease/holder" || return
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

# Has it swept as if its time were up.
break_lease() {
  gone=-
  take_turn || { say answer busy; return; }
  if ! is_mine; then
    if [ -d "$lease" ]; then say answer held; tell_state; else say answer free; fi
    tidy_up
    give_way
    return
  fi
  tell_state
  if ! problem=$({ { [ $# -eq 0 ] || write_node =kept "$@"; } && true >"$lease/expired"; } 2>&1); then
    give_way
    say answer "trouble	$(printf '%s\\n' "$problem" | tail -n 1)"
    return
  fi
  # It may do what only the holder's login may.
  if [ $watchdog = alive ]; then
    give_way
    say answer expiring
    return
  fi
  take_over "$@" || { say answer busy; return; }
  tidy_up
  give_way
  say answer broken
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
    with_pairs tell_pairs
  else
    say answer free
  fi
  tell_notes '*'
}
tell_pairs() {
  while [ $# -ge 2 ]; do
    printf 'pair\\t%s\\t%s\\n' "$1" "$2"
    shift 2
  done
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

`;
