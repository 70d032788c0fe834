#!/usr/bin/env bash
# Installs the clients that the suite in this folder runs: pinned, hashes checked, into .eyrie. Needs Python,
# Go, Maven and a JDK; the tests also call openssl and the JDK's keytool.
set -euo pipefail
cd "$(dirname "$0")/../../.."
here=test/s3/clients
home=.eyrie/s3-clients

if ! cmp -s "$here/requirements.txt" "$home/requirements.txt"; then
  python3 -m venv --clear "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$home/requirements.txt"
fi
versitygw=v1.7.0
if [ "$(cat .eyrie/go/versitygw 2>/dev/null)" != "$versitygw" ]; then
  GOBIN="$PWD/.eyrie/go/bin" go install "github.com/versity/versitygw/cmd/versitygw@$versitygw"
  printf '%s\n' "$versitygw" >.eyrie/go/versitygw
fi
mvn -q -B -f "$here/java/pom.xml" -DskipTests package dependency:copy-dependencies -DincludeScope=runtime
