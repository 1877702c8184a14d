/**
 * What a node is asked, by its `sh`, which may be any POSIX shell, in one round trip. Everything that varies is an
 * argument. Each line of the answer is a word, a tab and a text; what is not there is left out. Parts that may take long
 * run side by side, and what hangs is ended where there is a `timeout`: the rest of the answer stays good.
 *
 * `… playbook TOPICS WORK RESULTS IMAGE...`, where RESULTS may be empty and TOPICS are words of:
 *
 * - `clock`: `clock` at the beginning and `clock-end` at the end. `%N` is GNU's, elsewhere it stays as it is.
 * - `docker`: versions, and where the daemon keeps its data.
 * - `disk`: free space, of the nearest folder that exists.
 * - `gpus`: what `nvidia-smi` says and how it ended.
 * - `gpu-processes`: who uses the GPUs.
 * - `ports`: who listens, as far as the login may know.
 * - `ours`: which processes runs of playbook have started.
 * - `images`: whether IMAGE is there, or else in its registry.
 */
export const SURVEY = `
topics=$1 work=$2 results=$3
shift 3
say() { printf '%s\\t%s\\n' "$1" "$2"; }
tag() { while IFS= read -r line || [ -n "$line" ]; do printf '%s\\t%s\\n' "$1" "$line"; done; }
wants() { case " $topics " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }
has() { command -v "$1" >/dev/null 2>&1; }
# At most $1 seconds.
if has timeout; then limit() { timeout "$@"; }; else limit() { shift; "$@"; }; fi

survey_base() {
  say user "$(id -un 2>/dev/null || id -u)"
  say hostname "$(uname -n)"
  say kernel "$(uname -s) $(uname -r)"
  say architecture "$(uname -m)"
  say cores "$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc 2>/dev/null)"
  { tag memory </proc/meminfo; } 2>/dev/null
  { tag load </proc/loadavg; } 2>/dev/null
}

# The file system of folder $2, which is for $1.
survey_disk() {
  folder=$2
  while [ ! -e "$folder" ]; do
    parent=\${folder%/*}
    if [ -z "$parent" ] || [ "$parent" = "$folder" ]; then folder=/; else folder=$parent; fi
  done
  if [ -d "$folder" ] && [ -w "$folder" ] && [ -x "$folder" ]; then say "writable-$1" "$folder"
  else say "forbidden-$1" "$folder"
  fi
  limit 10 df -Pk "$folder" 2>/dev/null | tail -n 1 | tag "disk-$1"
}

survey_docker() {
  has docker || return 0
  say docker "$(limit 20 docker version --format '{{.Server.Version}}' 2>/dev/null)"
  say compose "$(limit 20 docker compose version --short 2>/dev/null ||
    limit 20 docker-compose version --short 2>/dev/null)"
  wants disk || return 0
  root=$(limit 20 docker info --format '{{.DockerRootDir}}' 2>/dev/null)
  [ -z "$root" ] || { say docker-root "$root"; survey_disk docker "$root"; }
}

survey_gpus() {
  has nvidia-smi || return 0
  fields=index,name,memory.total,memory.used,driver_version
  answer=$(limit 20 nvidia-smi "--query-gpu=$fields" --format=csv,noheader,nounits 2>&1)
  say gpu-status "$?"
  printf '%s\\n' "$answer" | tag gpu
  wants gpu-processes || return 0
  limit 20 nvidia-smi -L 2>/dev/null | tag gpu-name
  limit 20 nvidia-smi --query-compute-apps=gpu_uuid,pid,process_name,used_memory \\
    --format=csv,noheader,nounits 2>/dev/null | tag gpu-process
}

survey_ports() {
  for table in tcp tcp6 udp udp6; do
    awk -v table="$table" '$4 == "0A" || ($4 == "07" && table ~ /udp/) { print table, $2 }' \\
      "/proc/net/$table" 2>/dev/null | tag listening
  done
  has ss && limit 10 ss -Hltunp 2>/dev/null | tag socket
  has docker && limit 20 docker ps --no-trunc --format \\
    '{{.ID}}\\t{{.Names}}\\t{{.Image}}\\t{{.Label "playbook.run"}}\\t{{.Ports}}' 2>/dev/null | tag published
}

# Processes that some run of playbook has started, also in its containers.
survey_ours() {
  grep -alsz -e '^PLAYBOOK_RUN=' -e '^SCENARIO_RUN_ID=' /proc/[0-9]*/environ 2>/dev/null | tag our-process
  has docker || return 0
  for id in $(limit 20 docker ps --no-trunc -q --filter label=playbook.run 2>/dev/null); do
    grep -ls -e "$id" /proc/[0-9]*/cgroup 2>/dev/null | tag our-process
  done
}

survey_image() {
  if limit 20 docker image inspect "$1" >/dev/null 2>&1; then
    say image-present "$1"
    return
  fi
  answer=$(DOCKER_CLI_EXPERIMENTAL=enabled limit 15 docker manifest inspect "$1" 2>&1 >/dev/null)
  status=$?
  printf 'image-absent\\t%s\\t%s\\t%s\\n' "$1" "$status" \\
    "$(printf '%s\\n' "$answer" | grep . | tail -n 1 | tr '\\t' ' ')"
}

if wants clock; then say clock "$(date +%s.%N)"; fi
survey_base
if wants docker; then survey_docker & fi
if wants gpus; then survey_gpus & fi
if wants ports; then survey_ports & fi
if wants ours; then survey_ours & fi
if wants images && has docker; then for image; do survey_image "$image" & done; fi
if wants disk; then
  survey_disk work "$work"
  [ -z "$results" ] || survey_disk results "$results"
fi
wait
if wants clock; then say clock-end "$(date +%s.%N)"; fi
say end ok
`;
