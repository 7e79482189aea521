#!/usr/bin/env bash
# Runs PostgreSQL as a private cluster whose whole state lies in one folder; installed from the system's packages
# where it is missing. It listens on a Unix socket in that folder and, where PORT is given, on loopback.
#
#   cluster.sh install | start|stop|status DIR        environment: PORT (default 7432)
#
# PostgreSQL refuses to run as root: then the cluster belongs to the system user `postgres`.
set -euo pipefail

action=${1:?install, start, stop or status}
port=${PORT:-7432}

binaries() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }

install() {
  [ -z "$(binaries)" ] || return 0
  command -v apt-get >/dev/null || { echo "PostgreSQL is missing and this system has no apt-get" >&2 && exit 64; }
  local as_root=""
  [ "$(id -u)" = 0 ] || as_root=sudo
  echo "installing postgresql from the system's packages" >&2
  # Without this the package makes and starts a cluster of its own; ours is private.
  $as_root mkdir -p /etc/postgresql-common/createcluster.d
  printf 'create_main_cluster = false\n' | $as_root tee /etc/postgresql-common/createcluster.d/private.conf >/dev/null
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
}

if [ "$action" = install ]; then install && exit 0; fi
mkdir -p "${2:?the folder that holds the cluster}"
dir=$(cd "$2" && pwd)
bin=$(binaries)
[ -n "$bin" ] || { echo "PostgreSQL is not installed: cluster.sh install" >&2 && exit 64; }
run() { if [ "$(id -u)" = 0 ]; then setpriv --reuid postgres --regid postgres --init-groups env HOME="$dir" "$@"; else "$@"; fi; }

case $action in
  start)
    if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; fi
    cd "$dir"
    if [ ! -s data/PG_VERSION ]; then
      run "$bin/initdb" -D data --auth=trust --username=imi --encoding=UTF8 --locale=C.UTF-8 >initdb.log 2>&1 || { cat initdb.log >&2 && exit 1; }
    fi
    run "$bin/pg_ctl" -D data -l "$dir/postgres.log" -w -t 60 \
      -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$dir" start >/dev/null
    ;;
  stop)
    cd "$dir"
    if [ -s data/postmaster.pid ]; then run "$bin/pg_ctl" -D data -m fast -w stop >/dev/null; fi
    ;;
  status) cd "$dir" && run "$bin/pg_ctl" -D data status ;;
  *) echo "cluster.sh: install, start, stop or status, not $action" >&2 && exit 2 ;;
esac
