import { LOOK_AT_PORTS } from '../ports/script.js';

/**
 * `… playbook [PORT]...`: what others do on a node, asked by its `sh` in one round trip, right before a scenario. Each
 * line of the answer is a word, a tab and a text, as in the survey of a node, whose words these are where they say the
 * same; what is not there is left out.
 *
 * - `task-count procs_running 3`, `load`, `cores`: how busy it is, before the questions themselves make it so.
 * - `gpu-status`, `gpu`, `gpu-name`, `gpu-process`: the GPUs and who uses them.
 * - `gpu-user PID USER`, `gpu-mark PID NAME=VALUE`, `gpu-container PID NAME IMAGE RUN CONTROLLER`: who that is.
 * - `listening`: which of the ports are bound; see `ports/script.ts`.
 */
export const BEFORE = `${LOOK_AT_PORTS}
say() { printf '%s\\t%s\\n' "$1" "$2"; }
tag() { while IFS= read -r line || [ -n "$line" ]; do printf '%s\\t%s\\n' "$1" "$line"; done; }
has() { command -v "$1" >/dev/null 2>&1; }
if has timeout; then limit() { timeout "$@"; }; else limit() { shift; "$@"; }; fi

look_at_load() {
  grep -E '^procs_(running|blocked) ' /proc/stat 2>/dev/null | tag task-count
  { tag load </proc/loadavg; } 2>/dev/null
  say cores "$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc 2>/dev/null)"
}

say_who() {
  user=$(stat -c %U "/proc/$1" 2>/dev/null) && say gpu-user "$1	$user"
  { tr '\\0' '\\n' <"/proc/$1/environ" | grep -E '^PLAYBOOK_(RUN|CONTROLLER)=' | tag "gpu-mark	$1"; } 2>/dev/null
  container=$(grep -oE '[0-9a-f]{64}' "/proc/$1/cgroup" 2>/dev/null | head -n 1)
  { [ -n "$container" ] && has docker; } || return 0
  limit 10 docker inspect --type container --format \\
    '{{.Name}}{{"\\t"}}{{.Config.Image}}{{"\\t"}}{{index .Config.Labels "playbook.run"}}{{"\\t"}}{{index .Config.Labels "playbook.controller"}}' \\
    "$container" 2>/dev/null | tag "gpu-container	$1"
}

look_at_gpus() {
  has nvidia-smi || return 0
  fields=index,name,memory.total,memory.used,driver_version
  {
    answer=$(limit 20 nvidia-smi "--query-gpu=$fields" --format=csv,noheader,nounits 2>&1)
    say gpu-status "$?"
    printf '%s\\n' "$answer" | tag gpu
  } &
  limit 20 nvidia-smi -L 2>/dev/null | tag gpu-name &
  processes=$(limit 20 nvidia-smi --query-compute-apps=gpu_uuid,pid,process_name,used_memory \\
    --format=csv,noheader,nounits 2>/dev/null)
  printf '%s\\n' "$processes" | tag gpu-process
  for pid in $(printf '%s\\n' "$processes" | cut -d , -f 2 | sort -u); do
    case $pid in *[!0-9]*) ;; *) say_who "$pid" ;; esac
  done
  wait
}

look_at_load
look_at_ports "$@"
look_at_gpus
say end ok
`;
