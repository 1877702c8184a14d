#!/bin/sh
set -eu
exec playbook bench --config "$SCENARIO_CONFIG" --base-url "http://$SCENARIO_HOST_NODE3:18080"
