#!/usr/bin/env bash
# Installs what the foreign clients need: pika from the system's packages, amqplib into the folder given.
#   install.sh DIR
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=${1:?the folder for amqplib}
as_root=""
[ "$(id -u)" = 0 ] || as_root=sudo
missing=""
/usr/bin/python3 -c 'import pika' 2>/dev/null || missing="$missing python3 python3-pika"
{ command -v node && command -v npm; } >/dev/null || missing="$missing nodejs npm"
if [ -n "$missing" ]; then
  echo "installing$missing from the system's packages" >&2
  $as_root apt-get update -qq
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
mkdir -p "$dir"
cp "$here/package.json" "$dir/"
[ -d "$dir/node_modules/amqplib" ] || (cd "$dir" && npm install --silent --no-audit --no-fund)
