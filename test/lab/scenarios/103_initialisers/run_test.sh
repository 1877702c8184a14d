#!/bin/sh
set -eu
wget -q -O "$SCENARIO_RESULT_PATH/greeting.txt" "http://$SCENARIO_HOST_NODE2:18001/greeting"
echo "ran on $(hostname)" >notes-1.txt
