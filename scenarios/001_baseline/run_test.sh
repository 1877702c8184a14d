#!/bin/sh
# Everything this script needs to know is in SCENARIO_* variables; what it leaves in SCENARIO_RESULT_PATH is kept.
set -eu
exec playbook bench --config "$SCENARIO_CONFIG"
