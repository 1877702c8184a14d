/**
 * What is run on a node by its `sh`, which may be any POSIX shell. Everything that varies is an argument, so that no
 * text is ever put together with these. One script is one round trip, however often it calls docker.
 */

/**
 * `… playbook`: what there is, a line each: `server VERSION`, `plugin VERSION` (`docker compose`), `standalone VERSION`
 * (`docker-compose`), `client missing`, `user NAME`; what keeps the daemon from answering follows `trouble`.
 */
export const DETECT = `
command -v docker >/dev/null || { echo 'client missing'; exit 0; }
if version=$(docker version --format '{{.Server.Version}}' 2>/dev/null); then
  echo "server $version"
else
  echo "user $(id -un)"
  echo "trouble $(docker version 2>&1 >/dev/null | grep . | tail -n 1)"
  exit 0
fi
if version=$(docker compose version --short 2>/dev/null); then
  echo "plugin $version"
elif version=$(docker-compose version --short 2>/dev/null); then
  echo "standalone $version"
fi
`;

/** `… playbook IMAGE...`: a line for each that is not on the node. */
export const MISSING_IMAGES = `
for image; do
  { docker image inspect "$image" >/dev/null 2>&1 || printf '%s\\n' "$image"; } &
done
wait
`;

/** `… playbook IMAGE...`: `ID IMAGE` for each that is on the node. */
export const IMAGE_IDS = `
for image; do
  { id=$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null) &&
    printf '%s %s\\n' "$id" "$image"; } &
done
wait
`;

/** `… playbook OVERRIDE COMPOSE...`: writes standard input to the file OVERRIDE, and has compose build. */
export const BUILD = `
override=$1
shift
(umask 077 && cat >"$override") || exit
exec "$@" </dev/null
`;

/**
 * `… playbook OVERRIDE FILTER COMPOSE...`: writes standard input to the file OVERRIDE, has compose create containers,
 * and says of all that there are now: `ID SERVICE`.
 */
export const CREATE = `
override=$1 filter=$2
shift 2
(umask 077 && cat >"$override") || exit
"$@" >&2 </dev/null || exit
docker ps -a --no-trunc --filter "$filter" --format '{{.ID}} {{.Label "playbook.service"}}'
`;

/**
 * `… playbook PORT`: who listens there: `container NAME (IMAGE)` with its project and its service after tabs, and lines of
 * `ss`. A container that is being started has its port before docker lists it: it gets a few seconds.
 */
export const PORT_HOLDERS = `
tries=0
while :; do
  containers=$(docker ps --filter "publish=$1" --filter "publish=$1/udp" --format \
    'container {{.Names}} ({{.Image}})\t{{.Label "com.docker.compose.project"}}\t{{.Label "playbook.service"}}')
  sockets=$(ss -Hltunp "sport = :$1" 2>/dev/null)
  [ -z "$containers" ] && [ $tries -lt 5 ] || break
  case $sockets in *'"docker-proxy"'*) ;; *) break ;; esac
  tries=$((tries + 1))
  sleep 1
done
printf '%s\n' "$containers" "$sockets"
`;

/** `… playbook PROJECT_FILTER SERVICE_FILTER`: stops and removes the containers of one service, and proves it. */
export const DOWN = `
list() { docker ps -aq --no-trunc --filter "$1" --filter "$2"; }
ids=$(list "$@") || exit
[ -n "$ids" ] || exit 0
if ! problem=$(docker stop $ids 2>&1 >/dev/null); then
  # Older daemons refuse to stop what is paused.
  docker unpause $ids >/dev/null 2>&1
  problem=$(docker stop $ids 2>&1 >/dev/null) || printf '%s\\n' "$problem" >&2
fi
docker rm -f -v $ids >/dev/null
left=$(list "$@") || exit
[ -z "$left" ] || { printf 'still there: %s\\n' "$left" >&2; exit 1; }
`;

/** As DOWN, without waiting for anybody: for what never ran. */
export const DISCARD = `
ids=$(docker ps -aq --no-trunc --filter "$1" --filter "$2") || exit
[ -z "$ids" ] || docker rm -f -v $ids >/dev/null
`;

const LISTING = `
# A line for each thing of project $2, found by filter $1; fields are separated by tabs.
list() {
  docker ps -a --no-trunc --filter "$1" \\
    --format 'container\\t{{.ID}}\\t{{.Names}}\\t{{.Image}}\\t{{.Status}}' || return
  networks=$(docker network ls -q --no-trunc --filter "$1") || return
  for network in $networks; do
    docker network inspect --format \\
      'network{{"\\t"}}{{.Id}}{{"\\t"}}{{.Name}}{{"\\t"}}{{range .Containers}}{{.Name}} {{end}}' "$network"
  done
  volumes=$(docker volume ls -q --filter "$1") || return
  for volume in $volumes; do
    users=$(docker ps -a --filter "volume=$volume" --format '{{.Names}}')
    printf 'volume\\t%s\\t%s\\t%s\\n' "$volume" "$volume" "$(echo $users)"
  done
  docker image ls --filter "reference=$2-*" --filter "reference=$2_*" --format 'image\\t{{.ID}}\\t{{.Repository}}:{{.Tag}}'
}
`;

/** `… playbook FILTER PROJECT`: everything of a project that is there. */
export const LIST = `${LISTING}
list "$@"
`;

/**
 * `… playbook FILTER PROJECT [--force]`: removes everything of a project. Without force, a container that runs is
 * left alone, and what it uses with it. Lists what is left; exit status 1 where that is something.
 */
export const REMOVE = `${LISTING}
ids=$(docker ps -aq --no-trunc --filter "$1") || exit
[ -z "$ids" ] || docker rm $3 -v $ids >/dev/null
networks=$(docker network ls -q --no-trunc --filter "$1") || exit
[ -z "$networks" ] || docker network rm $networks >/dev/null
volumes=$(docker volume ls -q --filter "$1") || exit
[ -z "$volumes" ] || docker volume rm $volumes >/dev/null
images=$(docker image ls --filter "reference=$2-*" --filter "reference=$2_*" --format '{{.Repository}}:{{.Tag}}') || exit
[ -z "$images" ] || docker image rm $images >/dev/null
left=$(list "$1" "$2") || exit
[ -z "$left" ] || { printf '%s\\n' "$left"; exit 1; }
`;

/**
 * `… playbook PROJECT_FILTER SERVICE_FILTER OPTION...`: the logs of a service's containers, both streams in the order
 * in which docker got them. Exit status 3 where there is no container. With `-f` all at once, until they end.
 */
export const LOGS = `
ids=$(docker ps -aq --no-trunc --filter "$1" --filter "$2") || exit
[ -n "$ids" ] || exit 3
shift 2
case " $* " in
  *" -f "*)
    for id in $ids; do docker logs "$@" "$id" 2>&1 & done
    wait
    exit 0 ;;
esac
status=0
for id in $ids; do
  docker logs "$@" "$id" 2>&1 && continue
  # What the user's compose file says is not to be kept cannot be missing.
  [ "$(docker inspect --format '{{.HostConfig.LogConfig.Type}}' "$id")" = none ] || status=1
done
exit $status
`;
