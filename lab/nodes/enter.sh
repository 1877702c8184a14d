#!/bin/sh
# enter.sh INIT-PID CGROUP... -- COMMAND...
#
# Runs a command inside a node, as root, in the node's cgroups: what it starts belongs to the node and ends with it.
set -eu
pid=$1
shift
while [ "$1" != -- ]; do
  # A hierarchy that was mounted after the node was started knows nothing of it.
  [ ! -e "$1/system/cgroup.procs" ] || echo 0 >"$1/system/cgroup.procs"
  shift
done
shift
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  nsenter --target "$pid" --mount --uts --ipc --net --pid --cgroup -- "$@"
