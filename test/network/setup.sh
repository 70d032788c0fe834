#!/usr/bin/env bash
# Installs what the suite in this folder runs: Squid with TLS, network namespaces, packet rules, a browser, shells. Debian; the tests
# themselves need root, for the namespaces.
set -euo pipefail

sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)

packages=()
need() { command -v "$1" >/dev/null || packages+=("$2"); }
need squid squid-openssl
need ip iproute2
need iptables iptables
need dig dnsutils
need curl curl
need openssl openssl
need shellcheck shellcheck
need runuser util-linux
need promtool prometheus
need chromium chromium
need zsh zsh
need fish fish

if [ "${#packages[@]}" -gt 0 ]; then
  "${sudo[@]}" apt-get update -qq
  # Debian starts what it installs: the proxy of the tests is theirs alone.
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
squid -v | grep -q -- --with-openssl || {
  echo 'this squid has no TLS: install squid-openssl' >&2
  exit 1
}
