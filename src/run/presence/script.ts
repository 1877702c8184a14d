/** In bytes; more of a command line is not told. */
export const LONGEST_COMMAND = 160;

/**
 * `… playbook WORK`: what runs of playbook have on a node, a line each, fields separated by tabs; quick, and as far as
 * the login may see. Values of labels come from processes that are nobody's enemies, but are only shown, never run.
 *
 * - `boot ID`: nodes with the same one are one machine.
 * - `container ID NAME IMAGE STATUS RUN SCENARIO NODE SERVICE CONTROLLER`
 * - `label PID NAME=VALUE`: the marks of a process.
 * - `command PID GROUP COMMAND`
 * - `folder INODE PATH`: a run's folder below WORK.
 */
export const PRESENCE = `
work=$1
tag() { while IFS= read -r line || [ -n "$line" ]; do printf '%s\\t%s\\n' "$1" "$line"; done; }
has() { command -v "$1" >/dev/null 2>&1; }
if has timeout; then limit() { timeout "$@"; }; else limit() { shift; "$@"; }; fi

{ tag boot </proc/sys/kernel/random/boot_id; } 2>/dev/null
{
  has docker && limit 5 docker ps -a --no-trunc --filter label=playbook.run --format \\
    '{{.ID}}\\t{{.Names}}\\t{{.Image}}\\t{{.Status}}\\t{{.Label "playbook.run"}}\\t{{.Label "playbook.scenario"}}\\t{{.Label "playbook.node"}}\\t{{.Label "playbook.service"}}\\t{{.Label "playbook.controller"}}' \\
    2>/dev/null | tag container
} &
for folder in "$work"/playbook-*; do
  [ -d "$folder" ] || continue
  inode=$(ls -di -- "$folder" | sed 's/^ *//')
  printf 'folder\\t%s\\t%s\\n' "\${inode%% *}" "$folder"
done
marks='^(PLAYBOOK_(RUN|CONTROLLER|SCENARIO|NODE|SERVICE)|SCENARIO_(RUN_ID|NAME))='
for environ in $(grep -alsz -E -e '^(PLAYBOOK_RUN|SCENARIO_RUN_ID)=' /proc/[0-9]*/environ 2>/dev/null); do
  process=\${environ%/environ}
  pid=\${process#/proc/}
  { grep -az -E -e "$marks" <"$environ" | tr '\\0' '\\n' | tag "label	$pid"; } 2>/dev/null
  {
    read -r stat <"$process/stat" || continue
    set -- \${stat##*) }
    # A zombie is over.
    case $1 in [ZX]) continue ;; esac
    printf 'command\\t%s\\t%s\\t%s\\n' "$pid" "$3" "$(tr '\\0\\t\\n' '   ' <"$process/cmdline" | cut -c 1-${LONGEST_COMMAND})"
  } 2>/dev/null
done
wait
`;
