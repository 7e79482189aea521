#!/usr/bin/env bash
# Installs RabbitMQ from the system's packages where it is missing. No system service is started or left enabled:
# the broker of this project is always a private node (node.sh).
set -euo pipefail

if [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "RabbitMQ is missing and this system has no apt-get: install rabbitmq-server 3.10 or later by hand" >&2
  exit 64
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"

echo "installing rabbitmq-server from the system's packages" >&2
# Debian asks policy-rc.d before it starts a service on installation: 101 says no. An existing policy is kept.
policy=/usr/sbin/policy-rc.d
made_policy=""
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
  made_policy=yes
fi
cleanup() { [ -z "$made_policy" ] || $as_root rm -f "$policy"; }
trap cleanup EXIT
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends rabbitmq-server >/dev/null
