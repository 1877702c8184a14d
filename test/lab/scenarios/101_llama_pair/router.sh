#!/bin/sh
# One process per connection: each goes to the next worker.
set -- $WORKERS
count=$(($(cat /tmp/count 2>/dev/null || echo 0) + 1))
echo "$count" >/tmp/count
shift $((count % $#))
exec nc "$1" 18081
