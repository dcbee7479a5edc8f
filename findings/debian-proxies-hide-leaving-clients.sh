#!/usr/bin/env bash
# HAProxy and Apache keep a request waiting whose client has left, as long as the upstream is silent.
#
# Expected: when the client of a proxy closes its connection, the proxy closes the one to the
# upstream, or at least does so soon. nginx and Caddy do it at once.
#
# What is so (2026-11, Debian 12): HAProxy 2.6.12 without "option abortonclose" among its defaults,
# and Apache 2.4 with mod_proxy_http, do nothing when the client closes, before the head of the
# response or in its middle, HAProxy with clients of HTTP/2, too. They notice it when the upstream
# sends something, at the second time at the latest. With the option, HAProxy closes at once. The
# upstream is watched for 5 seconds here.
#
# Why a gateway for LLM streams cares: a model that thinks, or an answer that is not streamed, is
# silent for minutes. Whoever presses "stop" or runs into a timeout and asks again has two requests
# running and is billed for both. A gateway has to send heartbeats, which make both proxies notice;
# before the head of a response there can be none. LLM Relay sends a comment every 15 seconds once a
# stream has begun. What its users must do: set "option abortonclose" in the defaults of
# HAProxy.
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
# Notes for each request, named by its path, whether its connection is closed within 5 seconds. A
# path with "body" has the head and one event at once, one with "beats" a comment each second, too.
import os, re, select, socket, threading, time

def serve(connection):
    data = b''
    while b'\r\n\r\n' not in data:
        data += connection.recv(65536)
    head, body = data.split(b'\r\n\r\n', 1)
    length = int(re.search(rb'content-length: *(\d+)', head, re.I).group(1))
    while len(body) < length:
        body += connection.recv(65536)
    _, path, version = head.split(b'\r\n')[0].decode().split(' ')
    send = lambda text: connection.sendall(
        text if version == 'HTTP/1.0' else b'%x\r\n%s\r\n' % (len(text), text))
    name, kind = path.strip('/').split('/')
    started, closed = time.time(), False
    if kind != 'head':
        connection.sendall(version.encode() + b' 200 OK\r\nContent-Type: text/event-stream\r\n'
            + (b'\r\n' if version == 'HTTP/1.0' else b'Transfer-Encoding: chunked\r\n\r\n'))
        send(b'data: {}\n\n')
    while not closed and time.time() < started + 5:
        closed = bool(select.select([connection], [], [], 1)[0])
        try:
            if not closed and kind == 'beats':
                send(b': still there\n\n')
        except OSError:
            closed = True
    with open('seen/' + name + '-' + kind, 'w') as file:
        file.write('closed' if closed else 'kept')
    connection.close()

os.mkdir('seen')
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
sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(6)]
print(*(s.getsockname()[1] for s in sockets))
PY
)

cat > nginx.conf <<CONF
daemon off; pid $work/nginx.pid; error_log $work/nginx.log; events {}
http {
  access_log off; client_body_temp_path $work/n1; proxy_temp_path $work/n2;
  fastcgi_temp_path $work/n3; uwsgi_temp_path $work/n4; scgi_temp_path $work/n5;
  server { listen 127.0.0.1:${ports[0]}; location / { proxy_pass http://127.0.0.1:$upstream; } }
}
CONF
cat > haproxy.cfg <<CONF
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend http1
  bind 127.0.0.1:${ports[1]}
  default_backend upstream
frontend http2
  bind 127.0.0.1:${ports[2]} proto h2
  default_backend upstream
backend upstream
  server one 127.0.0.1:$upstream
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  option abortonclose
frontend abort
  bind 127.0.0.1:${ports[3]}
  default_backend abort
backend abort
  server one 127.0.0.1:$upstream
CONF
cat > Caddyfile <<CONF
{
  admin off
  auto_https off
}
http://127.0.0.1:${ports[4]} {
  reverse_proxy 127.0.0.1:$upstream
}
CONF
modules=$work/root/usr/lib/apache2/modules
cat > apache.conf <<CONF
ServerRoot $work
ServerName localhost
PidFile $work/apache.pid
ErrorLog $work/apache.log
Listen 127.0.0.1:${ports[5]}
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule proxy_module $modules/mod_proxy.so
LoadModule proxy_http_module $modules/mod_proxy_http.so
ProxyPass / http://127.0.0.1:$upstream/
CONF
[ "$(id -u)" -ne 0 ] || printf 'User www-data\nGroup www-data\n' >> apache.conf
root/usr/sbin/nginx -c "$work/nginx.conf" -e "$work/nginx.log" 2>>proxies.log & jobs+=($!)
root/usr/sbin/haproxy -f haproxy.cfg 2>>proxies.log & jobs+=($!)
XDG_DATA_HOME=$work XDG_CONFIG_HOME=$work root/usr/bin/caddy run --config Caddyfile --adapter caddyfile 2>>proxies.log & jobs+=($!)
root/usr/sbin/apache2 -f "$work/apache.conf" -DFOREGROUND 2>>proxies.log & jobs+=($!)

proxies=('none' 'nginx' 'HAProxy, HTTP/1.1' 'HAProxy, HTTP/2' 'HAProxy with abortonclose' 'Caddy' 'Apache')
all=("$upstream" "${ports[@]}")
clients=()
for i in "${!all[@]}"; do
  for _ in {1..100}; do
    (exec 3<>"/dev/tcp/127.0.0.1/${all[i]}") 2>/dev/null && break
    sleep 0.1
  done
  for kind in head body beats; do
    version=--http1.1
    [ "${proxies[i]}" != 'HAProxy, HTTP/2' ] || version=--http2-prior-knowledge
    curl -sN --max-time 1 "$version" -d '{}' "http://127.0.0.1:${all[i]}/$i/$kind" >/dev/null &
    clients+=($!)
  done
done
for client in "${clients[@]}"; do wait "$client" || true; done
for _ in {1..100}; do [ "$(find seen -type f -size +0 | wc -l)" -ge 21 ] && break; sleep 0.1; done
for i in "${!all[@]}"; do
  echo "${proxies[i]}: before the head $(cat "seen/$i-head"), in the body $(cat "seen/$i-body"), with heartbeats $(cat "seen/$i-beats")"
done | tee out

cat > expected <<'TEXT'
none: before the head closed, in the body closed, with heartbeats closed
nginx: before the head closed, in the body closed, with heartbeats closed
HAProxy, HTTP/1.1: before the head kept, in the body kept, with heartbeats closed
HAProxy, HTTP/2: before the head kept, in the body kept, with heartbeats closed
HAProxy with abortonclose: before the head closed, in the body closed, with heartbeats closed
Caddy: before the head closed, in the body closed, with heartbeats closed
Apache: before the head kept, in the body kept, with heartbeats closed
TEXT
diff expected out >/dev/null || { echo "changed, was:"; cat expected; cat proxies.log >&2; exit 1; }
echo "as described: two of four proxies keep the request of a client that has left"
