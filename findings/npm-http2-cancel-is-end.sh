#!/usr/bin/env bash
# For HTTP/2 clients on Node.js a stream reset with CANCEL or NO_ERROR is the proper end of a body.
#
# Expected: a body is complete when END_STREAM has come. RST_STREAM in its middle, whatever its
# code, and a connection that closes are errors of the response; RFC 9113, section 8.1, allows
# NO_ERROR only after a complete response.
#
# What is so (Node.js 24.21.0, 2026-11): a stream of node:http2 ends without an error after a reset
# with NO_ERROR or CANCEL, and after the end of the connection. Those who wait for "end" or use a
# for-await loop have half a body and no sign of it. So do axios 1.21.1 with httpVersion 2 and the
# HTTP/2 handler of the AWS SDK (@smithy/node-http-handler 4.14.2); undici 8.13.1 with allowH2
# raises only for the closed connection. Any other code is an error for all. curl is right in each
# case but NO_ERROR.
#
# Why a gateway for LLM streams cares: CANCEL is the natural code for a stream that is given up (a
# timeout, a shutdown), and half an answer becomes a whole one by it. LLM Relay resets incomplete
# answers with INTERNAL_ERROR, whatever the reason.
#
# Needs Node.js with npm, curl with HTTP/2, and the npm registry. Exits with 1 if the behaviour has
# changed.
set -euo pipefail
command -v npm >/dev/null || { echo "needs npm" >&2; exit 2; }
curl --version | grep -q HTTP2 || { echo "needs curl with HTTP/2" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true, "type": "module"}' > package.json
timeout 300 npm install --no-audit --no-fund --loglevel=error node@24.21.0 undici@8.13.1 \
  axios@1.21.1 @smithy/node-http-handler@4.14.2 @smithy/protocol-http@5.6.2 \
  >npm.log 2>&1 || { cat npm.log >&2; exit 2; }

cat > reset.js <<'JS'
import { execFile } from 'node:child_process';
import http2 from 'node:http2';
import net from 'node:net';
import { NodeHttp2Handler } from '@smithy/node-http-handler';
import { HttpRequest } from '@smithy/protocol-http';
import axios from 'axios';
import { Agent, fetch } from 'undici';

const DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, END_STREAM = 1, END_HEADERS = 4, ACK = 1;
const frame = (type, flags, stream, payload = Buffer.alloc(0)) => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};
const code = number => socket => {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(number);
  return id => socket.write(frame(RST_STREAM, 0, id, payload));
};
const endings = {
  'END_STREAM': socket => id => socket.write(frame(DATA, END_STREAM, id)),
  'reset with NO_ERROR': code(0),
  'reset with INTERNAL_ERROR': code(2),
  'reset with CANCEL': code(8),
  'closed connection': socket => () => socket.end(),
};
const STATUS_200 = Buffer.from([0x88]); // The eighth field of HPACK's static table.

/** Answers every request with half a body and then the ending. */
const serve = ending => new Promise(resolve => {
  const server = net.createServer(socket => {
    let buffered = Buffer.alloc(0), preface = true;
    socket.on('error', () => {});
    socket.write(frame(SETTINGS, 0, 0));
    socket.on('data', data => {
      buffered = Buffer.concat([buffered, data]);
      if (preface && buffered.length >= 24) {
        buffered = buffered.subarray(24);
        preface = false;
      }
      while (!preface && buffered.length >= 9 && buffered.length >= 9 + buffered.readUIntBE(0, 3)) {
        const [type, flags, stream] = [buffered[3], buffered[4], buffered.readUInt32BE(5)];
        buffered = buffered.subarray(9 + buffered.readUIntBE(0, 3));
        if (type === SETTINGS && !(flags & ACK)) socket.write(frame(SETTINGS, ACK, 0));
        if (type <= HEADERS && flags & END_STREAM) {
          socket.write(frame(HEADERS, END_HEADERS, stream, STATUS_200));
          socket.write(frame(DATA, 0, stream, Buffer.from('half')));
          setTimeout(() => ending(socket)(stream), 200);
        }
      }
    });
  }).listen(0, '127.0.0.1', () => resolve(server.address().port));
});

async function read(body) {
  let text = '';
  for await (const data of body) text += Buffer.from(data);
  return text;
}
function stream(port) {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  const request = session.request({ ':path': '/', ':method': 'POST' });
  request.end('{}');
  return request;
}
const clients = {
  'node:http2, loop': port => read(stream(port)),
  'node:http2, events': port => new Promise((resolve, reject) => {
    let text = '';
    stream(port).on('data', data => { text += data; }).on('end', () => resolve(text))
      .on('error', reject);
  }),
  'undici': async port => {
    const dispatcher = new Agent({ allowH2: true, useH2c: true });
    return read((await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}', dispatcher })).body);
  },
  'axios': async port => read((await axios.post(`http://127.0.0.1:${port}/`, '{}',
    { httpVersion: 2, responseType: 'stream' })).data),
  'AWS SDK': async port => {
    const { response } = await new NodeHttp2Handler().handle(new HttpRequest({
      protocol: 'http:', hostname: '127.0.0.1', port, method: 'POST', path: '/', body: '{}' }));
    return read(response.body);
  },
  'curl': port => new Promise((resolve, reject) => execFile('curl',
    ['-sN', '--http2-prior-knowledge', '-d', '{}', `http://127.0.0.1:${port}/`],
    (error, out) => error ? reject(error) : resolve(out))),
};
setTimeout(() => process.exit(3), 60000);
for (const [name, client] of Object.entries(clients)) {
  for (const [ending, end] of Object.entries(endings)) {
    const result = await client(await serve(end)).then(text => `ends with "${text}"`, () => 'error');
    console.log(`${name}, ${ending}: ${result}`);
  }
}
process.exit(0);
JS
timeout 90 node_modules/.bin/node reset.js 2>log | tee out || { cat log >&2; exit 1; }

cat > expected <<'TEXT'
node:http2, loop, END_STREAM: ends with "half"
node:http2, loop, reset with NO_ERROR: ends with "half"
node:http2, loop, reset with INTERNAL_ERROR: error
node:http2, loop, reset with CANCEL: ends with "half"
node:http2, loop, closed connection: ends with "half"
node:http2, events, END_STREAM: ends with "half"
node:http2, events, reset with NO_ERROR: ends with "half"
node:http2, events, reset with INTERNAL_ERROR: error
node:http2, events, reset with CANCEL: ends with "half"
node:http2, events, closed connection: ends with "half"
undici, END_STREAM: ends with "half"
undici, reset with NO_ERROR: ends with "half"
undici, reset with INTERNAL_ERROR: error
undici, reset with CANCEL: ends with "half"
undici, closed connection: error
axios, END_STREAM: ends with "half"
axios, reset with NO_ERROR: ends with "half"
axios, reset with INTERNAL_ERROR: error
axios, reset with CANCEL: ends with "half"
axios, closed connection: ends with "half"
AWS SDK, END_STREAM: ends with "half"
AWS SDK, reset with NO_ERROR: ends with "half"
AWS SDK, reset with INTERNAL_ERROR: error
AWS SDK, reset with CANCEL: ends with "half"
AWS SDK, closed connection: ends with "half"
curl, END_STREAM: ends with "half"
curl, reset with NO_ERROR: ends with "half"
curl, reset with INTERNAL_ERROR: error
curl, reset with CANCEL: error
curl, closed connection: error
TEXT
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: only codes other than NO_ERROR and CANCEL are errors on Node.js"
