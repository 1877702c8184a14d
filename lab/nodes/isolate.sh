#!/bin/sh
# isolate.sh CGROUP... -- BOOT-ARGUMENT...
#
# Becomes a machine of its own: joins the node's cgroups, makes them its cgroup root, then enters new namespaces.
# In two steps, because the root of a cgroup namespace is the group one is in when it is made, and the daemons
# must run one level below it (a version 2 group with processes of its own cannot hand controllers down).
set -eu
step=join
[ "${1-}" = --isolated ] && step=enter && shift
if [ $step = join ]; then
  for argument; do
    [ "$argument" = -- ] && break
    echo 0 >"$argument/cgroup.procs"
  done
  exec unshare --cgroup -- sh "$0" --isolated "$@"
fi
while [ "$1" != -- ]; do
  echo 0 >"$1/system/cgroup.procs"
  shift
done
shift
exec unshare --mount --uts --ipc --net --pid --fork -- sh "$(dirname "$0")/boot.sh" "$@"
