#!/bin/sh
# Any benchmark will do: it finds its parameters in SCENARIO_CONFIG and leaves its results in SCENARIO_RESULT_PATH.
set -eu
exec playbook bench --config "$SCENARIO_CONFIG"
