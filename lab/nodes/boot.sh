#!/bin/sh
# boot.sh NAME FOLDER LOWER PROJECT NODE-PROGRAM CGROUP-MOUNT...
#
# The first process of a node, in namespaces of its own: builds the node's file system out of read-only layers and the
# node's folder, makes it the root, says "ready" on descriptor 3 and becomes init. All mounts end with the node.
set -eu
name=$1 folder=$2 lower=$3 project=$4 node_program=$5
shift 5
root=$folder/root

hostname "$name"
mount -t overlay "$name" -o "lowerdir=$lower,upperdir=$folder/upper,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -m 1777 "$root/run/lock"
mount -t tmpfs -o size=8m small "$root/small"

mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
for device in null zero full random urandom tty kmsg; do
  [ -e "/dev/$device" ] || continue
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for stream in 0:stdin 1:stdout 2:stderr; do
  ln -s "/proc/self/fd/${stream%%:*}" "$root/dev/${stream#*:}"
done

case $* in
cgroup2::.) ;;
*) mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup" ;;
esac
for entry; do
  options=${entry#*:}
  target=$root/sys/fs/cgroup/${options#*:}
  options=${options%%:*}
  mkdir -p "$target"
  mount -t "${entry%%:*}" ${options:+-o "$options"} cgroup "$target"
done

# Docker's overlays cannot lie on an overlay: its folder is a plain one of the machine below.
mkdir -p "$root/var/lib/docker"
mount --bind "$folder/docker" "$root/var/lib/docker"
mount --bind -o ro "$project" "$root/opt/playbook"
mount --bind -o ro "$node_program" "$root/usr/local/bin/node"

cd "$root"
pivot_root . old-root
cd /
umount -l /old-root
mount --make-rshared /

echo ready >&3
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
  tini -g -- sleep infinity 3>&- </dev/null >/dev/null 2>&1
