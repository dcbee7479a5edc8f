#!/usr/bin/env bash
# nginx, HAProxy and Caddy of Debian 12 make a whole answer of one that broke off.
#
# Expected: a proxy tells its client that the body it passes on is incomplete: over HTTP/1.1 by
# closing the connection without the last chunk, over HTTP/2 by a reset of the stream. A server that
# closes its connection in the middle of a chunked body is expected to reach the client.
#
# What is so (2026-11; the proxies of Debian 12, each with the shortest configuration that works):
#   nginx 1.22.1 asks its upstream by HTTP/1.0, where the body ends with the connection. A close is
#     a proper end then, and the client gets the last chunk. A reset of the connection is passed on,
#     and so is a close with "proxy_http_version 1.1".
#   HAProxy 2.6.12 passes it on to a client of HTTP/1.1. To a client of HTTP/2 it sends an empty
#     DATA frame with END_STREAM, after a close and after a reset alike.
#   Caddy 2.6.2 ends the body properly, by both versions and after both.
#   Apache 2.4 does what is expected, by both versions.
#
# Why a gateway for LLM streams cares: it closes the connection to say that an answer is broken,
# since many clients ignore an error event, and behind three of four proxies half an answer is a
# success. It has to send both, the event and the break, and to a request by HTTP/1.0 a reset
# instead of a close. LLM Relay does. What its users must do: set "proxy_http_version 1.1" in nginx,
# and have clients that read the error event behind the other two.
#
# Needs Debian 12 with apt-get (which may run "apt-get update" first), curl and Python 3. Nothing is
# installed: the packages are unpacked into a temporary folder. Exits with 1 if the behaviour has
# changed.
set -euo pipefail
for command in apt-get dpkg-deb curl python3; do
  command -v "$command" >/dev/null || { echo "needs $command" >&2; exit 2; }
done
work=$(mktemp -d)
jobs=()
trap '[ ${#jobs[@]} -eq 0 ] || kill "${jobs[@]}" 2>/dev/null; wait; rm -rf "$work"' EXIT
cd "$work"
chmod 755 .
get() { apt-get download nginx haproxy liblua5.3-0 libopentracing1 caddy apache2-bin libapr1 libaprutil1 >apt.log 2>&1; }
get || { apt-get update >>apt.log 2>&1 && get; } || { cat apt.log >&2; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" root; done
LD_LIBRARY_PATH=$work/$(dirname "$(find root -name 'libapr-1.so.0' | head -1)")
export LD_LIBRARY_PATH
for version in nginx_1.22.1 haproxy_2.6.12 caddy_2.6.2 apache2-bin_2.4.; do
  compgen -G "$version*.deb" >/dev/null || { echo "needs $version" >&2; exit 2; }
done

cat > upstream.py <<'PY'
# Sends half an answer and then ends it as the path says.
import os, re, socket, struct, threading, time

EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"half"}}]}\n\n'
HEAD = b'HTTP/1.%d 200 OK\r\nContent-Type: text/event-stream\r\nX-Accel-Buffering: no\r\n'

def serve(connection):
    data = b''
    while b'\r\n\r\n' not in data:
        data += connection.recv(65536)
    head, body = data.split(b'\r\n\r\n', 1)
    length = int(re.search(rb'content-length: *(\d+)', head, re.I).group(1))
    while len(body) < length:
        body += connection.recv(65536)
    _, path, version = head.split(b'\r\n')[0].split(b' ')
    if version == b'HTTP/1.0':
        connection.sendall(HEAD % 0 + b'\r\n' + EVENT)
    else:
        connection.sendall(HEAD % 1 + b'Transfer-Encoding: chunked\r\n\r\n%x\r\n' % len(EVENT) + EVENT + b'\r\n')
    time.sleep(0.3)
    if path == b'/whole' and version != b'HTTP/1.0':
        connection.sendall(b'0\r\n\r\n')
    if path == b'/reset':
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    connection.close()

server = socket.create_server(('127.0.0.1', 0))
with open('port.tmp', 'w') as file:
    file.write(str(server.getsockname()[1]))
os.rename('port.tmp', 'port')
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
PY
python3 upstream.py 2>upstream.log & jobs+=($!)
for _ in {1..50}; do [ -e port ] && break; sleep 0.1; done
upstream=$(cat port)
read -r -a ports < <(python3 - <<'PY'
import socket
sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(7)]
print(*(s.getsockname()[1] for s in sockets))
PY
)

cat > nginx.conf <<CONF
daemon off; pid $work/nginx.pid; error_log $work/nginx.log; events {}
http {
  access_log off; client_body_temp_path $work/n1; proxy_temp_path $work/n2;
  fastcgi_temp_path $work/n3; uwsgi_temp_path $work/n4; scgi_temp_path $work/n5;
  server { listen 127.0.0.1:${ports[0]}; location / { proxy_pass http://127.0.0.1:$upstream; } }
  server { listen 127.0.0.1:${ports[1]} http2; location / { proxy_pass http://127.0.0.1:$upstream; } }
  server { listen 127.0.0.1:${ports[2]};
    location / { proxy_pass http://127.0.0.1:$upstream; proxy_http_version 1.1; } }
}
CONF
cat > haproxy.cfg <<CONF
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend http1
  bind 127.0.0.1:${ports[3]}
  default_backend upstream
frontend http2
  bind 127.0.0.1:${ports[4]} proto h2
  default_backend upstream
backend upstream
  server one 127.0.0.1:$upstream
CONF
cat > Caddyfile <<CONF
{
  admin off
  auto_https off
  servers {
    protocols h1 h2c h2
  }
}
http://127.0.0.1:${ports[5]} {
  reverse_proxy 127.0.0.1:$upstream
}
CONF
modules=$work/root/usr/lib/apache2/modules
cat > apache.conf <<CONF
ServerRoot $work
ServerName localhost
PidFile $work/apache.pid
ErrorLog $work/apache.log
Listen 127.0.0.1:${ports[6]}
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule proxy_module $modules/mod_proxy.so
LoadModule proxy_http_module $modules/mod_proxy_http.so
LoadModule http2_module $modules/mod_http2.so
Protocols h2c http/1.1
ProxyPass / http://127.0.0.1:$upstream/
CONF
[ "$(id -u)" -ne 0 ] || printf 'User www-data\nGroup www-data\n' >> apache.conf
root/usr/sbin/nginx -c "$work/nginx.conf" -e "$work/nginx.log" 2>>proxies.log & jobs+=($!)
root/usr/sbin/haproxy -f haproxy.cfg 2>>proxies.log & jobs+=($!)
XDG_DATA_HOME=$work XDG_CONFIG_HOME=$work root/usr/bin/caddy run --config Caddyfile --adapter caddyfile 2>>proxies.log & jobs+=($!)
root/usr/sbin/apache2 -f "$work/apache.conf" -DFOREGROUND 2>>proxies.log & jobs+=($!)

ask() { # name, port, then options of curl
  local name=$1 port=$2 answer=() path
  shift 2
  for _ in {1..100}; do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
    sleep 0.1
  done
  for path in whole close reset; do
    local code=0
    curl -sN --max-time 10 "$@" -d '{}' "http://127.0.0.1:$port/$path" >body || code=$?
    grep -q half body || code="$code without the text"
    case $code in
      0) answer+=("$path is an end") ;;
      18 | 56 | 92) answer+=("$path is an error") ;;
      *) answer+=("$path gives code $code") ;;
    esac
  done
  local IFS=,
  echo "$name: ${answer[*]}"
}
{
  ask 'without a proxy, HTTP/1.1' "$upstream"
  ask 'nginx, HTTP/1.1' "${ports[0]}"
  ask 'nginx, HTTP/2' "${ports[1]}" --http2-prior-knowledge
  ask 'nginx with proxy_http_version 1.1, HTTP/1.1' "${ports[2]}"
  ask 'HAProxy, HTTP/1.1' "${ports[3]}"
  ask 'HAProxy, HTTP/2' "${ports[4]}" --http2-prior-knowledge
  ask 'Caddy, HTTP/1.1' "${ports[5]}"
  ask 'Caddy, HTTP/2' "${ports[5]}" --http2-prior-knowledge
  ask 'Apache, HTTP/1.1' "${ports[6]}"
  ask 'Apache, HTTP/2' "${ports[6]}" --http2-prior-knowledge
} | tee out

cat > expected <<'TEXT'
without a proxy, HTTP/1.1: whole is an end,close is an error,reset is an error
nginx, HTTP/1.1: whole is an end,close is an end,reset is an error
nginx, HTTP/2: whole is an end,close is an end,reset is an error
nginx with proxy_http_version 1.1, HTTP/1.1: whole is an end,close is an error,reset is an error
HAProxy, HTTP/1.1: whole is an end,close is an error,reset is an error
HAProxy, HTTP/2: whole is an end,close is an end,reset is an end
Caddy, HTTP/1.1: whole is an end,close is an end,reset is an end
Caddy, HTTP/2: whole is an end,close is an end,reset is an end
Apache, HTTP/1.1: whole is an end,close is an error,reset is an error
Apache, HTTP/2: whole is an end,close is an error,reset is an error
TEXT
diff expected out >/dev/null || { echo "changed, was:"; cat expected; cat proxies.log >&2; exit 1; }
echo "as described: three of four proxies turn a broken answer into a whole one"
