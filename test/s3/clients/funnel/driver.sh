#!/bin/sh
# Stands in for docker: a task is a confined process instead of a container.
set -eu
pids="$(dirname "$0")/pids"
mkdir -p "$pids"
command=$1
shift
case "$command" in
  version) echo '{"Server":"1.44","Client":"1.44"}' ;;
  run)
    name=$1
    shift
    echo $$ >"$pids/$name"
    exec bwrap "$@"
    ;;
  rm) kill "$(cat "$pids/$1")" ;;
  *) ;;
esac
