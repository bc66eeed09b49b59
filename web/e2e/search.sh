#!/bin/sh
# What an agent can find out about ocweb, for whoever looks through it: `sh search.sh FOLDER`, FOLDER being the volume's parent.
# Each line that begins with `file`, `process` or `socket` names something that could be opened.
env
git config --list --show-origin
for process in /proc/[0-9]*; do
  pid=${process#/proc/}
  tr '\0' '\n' <"$process/environ" && echo "process $pid"
  tr '\0' '\n' <"$process/cmdline"
  (exec 3<"$process/mem") && echo "process $pid"
  (exec 3<"$process/maps" && read -r _ <&3) && echo "process $pid"
  ls "$process/fd" >/dev/null && echo "process $pid"
done
services='auth caddy event-relay github-gateway git-manager notifier resource-monitor supervisor'
for service in $services; do
  curl --silent --max-time 10 --output /dev/null --unix-socket "$1/run/$service/socket" http://localhost/health &&
    echo "socket $service"
  # Their names are known where nobody may look around.
  set -- "$@" "$1/data/ocweb/$service"
done
find "$@" "$1/run" "$1/demo" "$1/data" "$1/data/projects" "$1/data/opencode-state" "$HOME" \
  -type f -readable -exec printf 'file %s\n' {} +
# All the rest of the machine, in which a secret could only be written down by mistake: for ten seconds, what was changed
# in the last day and is no larger than a secret's file would be.
timeout 10 find / -xdev \( -path /proc -o -path /sys -o -path "$1" \) -prune -o \
  -type f -readable -mtime -1 -size -64k -exec printf 'file %s\n' {} +
