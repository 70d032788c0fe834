#!/usr/bin/env bash
# Installs the clients that the suite in this folder runs: pinned, hashes checked, into .eyrie; Ruby's SDK and samtools
# come from Debian, and so does bubblewrap, which confines Funnel's tasks. Needs Python, Go, Maven and a JDK; the tests also
# call openssl and the JDK's keytool. Funnel takes minutes to build, so it is kept.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# A compiler is gone before its garbage is worth collecting.
export GOGC=400
here=test/s3/clients
home=.eyrie/s3-clients

# venv FOLDER REQUIREMENTS
venv() {
  cmp -s "$here/$2" "$1/requirements.txt" && return
  python3 -m venv --clear "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$here/$2"
  cp "$here/$2" "$1/requirements.txt"
}
venv "$home" requirements.txt
venv .eyrie/s3-sdks requirements-sdks.txt
venv .eyrie/tes requirements-tes.txt
versitygw=v1.7.0
if [ "$(cat .eyrie/go/versitygw 2>/dev/null)" != "$versitygw" ]; then
  GOBIN="$PWD/.eyrie/go/bin" go install "github.com/versity/versitygw/cmd/versitygw@$versitygw"
  printf '%s\n' "$versitygw" >.eyrie/go/versitygw
fi
funnel=v0.12.2
if [ "$(cat .eyrie/go/funnel 2>/dev/null)" != "$funnel" ]; then
  (cd "$here/funnel" && go build -o "$OLDPWD/.eyrie/go/bin/funnel" github.com/ohsu-comp-bio/funnel)
  printf '%s\n' "$funnel" >.eyrie/go/funnel
fi
(cd "$here/go" && go build -o "$OLDPWD/.eyrie/go/bin/minio-run" .)
(cd deploy/hatchery && go build -race -o "$OLDPWD/.eyrie/go/bin/hatchery-stub" ./cmd/hatchery)
if ! ruby -e 'require "aws-sdk-s3"' 2>/dev/null || ! command -v samtools >/dev/null || ! command -v bwrap >/dev/null; then
  as_root=$([ "$(id -u)" -eq 0 ] || echo sudo)
  $as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends ruby-aws-sdk-s3 samtools bubblewrap iproute2
fi
mvn -q -B -f "$here/java/pom.xml" -DskipTests package dependency:copy-dependencies -DincludeScope=runtime
mvn -q -B -f "$here/nextflow/pom.xml" dependency:copy-dependencies -DincludeScope=runtime
