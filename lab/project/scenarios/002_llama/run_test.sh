#!/bin/sh
set -eu
exec playbook bench --config "$SCENARIO_CONFIG" --base-url "http://$SCENARIO_HOST_NODE2:18080"
