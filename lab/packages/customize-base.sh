#!/bin/sh
# Run once by mmdebstrap, with the new root folder as its argument: what every node has in common.
set -eu
root=$1

# Every node gets host keys of its own.
rm -f "$root"/etc/ssh/ssh_host_* "$root"/etc/machine-id

cat >"$root/etc/ssh/sshd_config.d/50-lab.conf" <<'EOF'
PermitRootLogin prohibit-password
PasswordAuthentication yes
UsePAM no
PrintMotd no
EOF
echo 'SSHD_OPTS="-E /var/log/sshd.log"' >>"$root/etc/default/ssh"

# The init script raises limits; a machine whose own limits are lower must still get a daemon.
sed -i -E 's/^([[:space:]]*ulimit .*)$/\1 2>\/dev\/null || true/' "$root/etc/init.d/docker"
mkdir -p "$root/etc/docker"
cat >"$root/etc/docker/daemon.json" <<'EOF'
{ "storage-driver": "overlay2", "exec-opts": ["native.cgroupdriver=cgroupfs"], "shutdown-timeout": 5 }
EOF

# bench: a plain user. fish and noisy: login shells that have broken remote commands elsewhere.
chroot "$root" useradd --create-home --shell /bin/dash bench
chroot "$root" useradd --create-home --shell /usr/bin/fish fish
chroot "$root" useradd --create-home --shell /bin/bash noisy
printf 'bench:%s\nfish:%s\nnoisy:%s\n' lab-bench lab-fish lab-noisy |
  chroot "$root" chpasswd --crypt-method SHA512
cat >"$root/home/noisy/.bashrc" <<'EOF'
echo 'This rc file prints.'
echo 'On both streams.' >&2
EOF

# Root of a fresh Debian has an rc file that does nothing without a terminal; this one has none.
rm -f "$root/root/.bashrc"
mkdir -p "$root/small" "$root/opt/playbook" "$root/old-root"
touch "$root/usr/local/bin/node"
ln -s /opt/playbook/bin/playbook.js "$root/usr/local/bin/playbook"
