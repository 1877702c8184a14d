#!/bin/sh
set -eu
curl --fail --silent --max-time 5 "http://$SCENARIO_HOST_NODE1:18000/" | tee "$SCENARIO_RESULT_PATH/answer.txt"
