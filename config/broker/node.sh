#!/usr/bin/env bash
# Runs RabbitMQ as a private node whose whole state lies in one folder.
#
#   node.sh start|stop|restart|status DIR
#
# Environment: AMQPS_PORT, MANAGEMENT_PORT, DISTRIBUTION_PORT, CALLBACKS_PORT (default 7671, 7672, 7673, 7445) and
# PKI, the folder made by `certs init` (default .run/pki). The port mapper of Erlang listens on DISTRIBUTION_PORT + 1.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
action=${1:?start, stop, restart or status}
mkdir -p "${2:?the folder that holds the node}"
dir=$(cd "$2" && pwd)
amqps=${AMQPS_PORT:-7671} management=${MANAGEMENT_PORT:-7672} distribution=${DISTRIBUTION_PORT:-7673}
callbacks=${CALLBACKS_PORT:-7445}
# A node that runs is stopped on the port it was started on.
if [ "$action" != start ] && [ -s "$dir/distribution_port" ]; then distribution=$(cat "$dir/distribution_port"); fi
start_seconds=120 stop_seconds=60
server=/usr/lib/rabbitmq/bin/rabbitmq-server

export HOME="$dir" # the Erlang cookie is made here, not in the user's home
export ERL_EPMD_PORT=$((distribution + 1)) ERL_EPMD_ADDRESS=127.0.0.1
export RABBITMQ_NODENAME="imi-$distribution@localhost" RABBITMQ_DIST_PORT=$distribution
export RABBITMQ_CONFIG_FILE="$dir/rabbitmq.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$dir/enabled_plugins"
export RABBITMQ_MNESIA_BASE="$dir/data" RABBITMQ_LOG_BASE="$dir/log" RABBITMQ_PID_FILE="$dir/pid"
export RABBITMQ_CONF_ENV_FILE=/dev/null
# Beside the broker's own plugins, ours (imi_trust), compiled at start with the Erlang that is there.
export RABBITMQ_PLUGINS_DIR="$dir/plugins:$(dirname "$(dirname "$(readlink -f "$server")")")/plugins"
# Idle schedulers sleep instead of spinning, and the distribution listens on loopback only.
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"

running() { [ -s "$dir/pid" ] && kill -0 "$(cat "$dir/pid")" 2>/dev/null; }
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

start() {
  if running; then return 0; fi
  local pki
  pki=$(cd "${PKI:-.run/pki}" && pwd)
  mkdir -p "$dir/data" "$dir/log"
  echo "$distribution" >"$dir/distribution_port"
  cp "$here/enabled_plugins" "$here/definitions.json" "$dir/"
  local plugin="$dir/plugins/imi_trust-1.0.0/ebin"
  mkdir -p "$plugin"
  cp "$here/imi_trust/imi_trust.app" "$plugin/"
  erlc -Werror -o "$plugin" "$here/imi_trust/imi_trust.erl"
  sed -e "s|@DIR@|$dir|g" -e "s|@PKI@|$pki|g" -e "s|@AMQPS_PORT@|$amqps|g" -e "s|@MANAGEMENT_PORT@|$management|g" \
    -e "s|@CALLBACKS_PORT@|$callbacks|g" "$here/rabbitmq.conf.in" >"$dir/rabbitmq.conf"
  setsid "$server" >"$dir/log/start.log" 2>&1 </dev/null &
  local child=$! deadline=$((SECONDS + start_seconds))
  until listening "$amqps" && listening "$management"; do
    if ! kill -0 "$child" 2>/dev/null || [ $SECONDS -ge $deadline ]; then
      echo "the broker did not start; the end of its log:" >&2
      tail -n 20 "$dir/log/start.log" "$dir/log/broker.log" >&2 2>/dev/null || true
      exit 1
    fi
    sleep 0.1
  done
}

stop() {
  if running; then
    local pid deadline=$((SECONDS + stop_seconds))
    pid=$(cat "$dir/pid")
    kill -TERM "$pid"
    while kill -0 "$pid" 2>/dev/null; do
      if [ $SECONDS -ge $deadline ]; then kill -KILL "$pid" || true; fi
      sleep 0.1
    done
  fi
  rm -f "$dir/pid"
  epmd -port "$ERL_EPMD_PORT" -kill >/dev/null 2>&1 || true
}

case $action in
  start) start ;;
  stop) stop ;;
  restart) stop && start ;;
  status) if running; then echo "running $(cat "$dir/pid")"; else echo "stopped" && exit 1; fi ;;
  *) echo "node.sh: start, stop, restart or status, not $action" >&2 && exit 2 ;;
esac
