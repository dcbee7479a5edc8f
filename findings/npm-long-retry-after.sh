#!/usr/bin/env bash
# A Retry-After of more than a minute makes two clients come back at once, not later.
#
# Expected: a client that honours Retry-After waits as long as it says, or gives up if that is too
# long for it. The longer the server asks for, the later the next request.
#
# What is so (2026-11; a server that answers 503 with Retry-After, watched for 8 s): openai 7.59.0
# obeys up to 60 s and ai 7.0.173 up to 59 s. One second more, and the header is dropped as
# implausible: openai sends all three of its requests within two seconds, ai within seven. groq-sdk
# 1.6.0 does not come back within the watch, as one would expect.
#
# Why a gateway for LLM streams cares: a backend's quota of an hour, passed on truthfully, triples
# the traffic instead of stopping it. LLM Relay never sends more than 59 s in Retry-After and states
# the true time in the error body.
#
# Needs Node.js 20 or newer with npm, and the npm registry. Exits with 1 if the behaviour has
# changed.
set -euo pipefail
command -v npm >/dev/null || { echo "needs Node.js 20 or newer with npm" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true, "type": "module"}' > package.json
timeout 300 npm install --no-audit --no-fund --loglevel=error \
  openai@7.59.0 groq-sdk@1.6.0 ai@7.0.173 \
  @ai-sdk/openai-compatible@3.0.92 zod@4.6.7 >npm.log 2>&1 || { cat npm.log >&2; exit 2; }

cat > retry.js <<'JS'
import http from 'node:http';
import OpenAI from 'openai';
import Groq from 'groq-sdk';
import { streamText } from 'ai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';

const requests = {};
const server = http.createServer((request, response) => {
  request.resume();
  const [, client, seconds] = request.url.split('/');
  requests[`${client} ${seconds}`] = (requests[`${client} ${seconds}`] ?? 0) + 1;
  response.writeHead(503, { 'content-type': 'application/json', 'retry-after': seconds });
  response.end('{"error":{"message":"busy","type":"server_error","code":"busy"}}');
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));

const messages = [{ role: 'user', content: 'Hi' }];
const call = { model: 'm', messages, stream: true };
const clients = {
  openai: baseURL => new OpenAI({ baseURL, apiKey: 'k' }).chat.completions.create(call),
  groq: baseURL => new Groq({ baseURL, apiKey: 'k' }).chat.completions.create(call),
  ai: baseURL => streamText({ messages, onError() {},
    model: createOpenAICompatible({ name: 'x', apiKey: 'k', baseURL })('m') }).consumeStream(),
};
process.on('unhandledRejection', () => {});
for (const [name, start] of Object.entries(clients)) {
  for (const seconds of [1, 59, 60, 61]) {
    start(`http://127.0.0.1:${server.address().port}/${name}/${seconds}`).catch(() => {});
  }
}
await new Promise(resolve => setTimeout(resolve, 8000));
for (const name of Object.keys(clients)) {
  console.log(name + ', requests in 8 s: '
    + [1, 59, 60, 61].map(s => `${requests[`${name} ${s}`]} (Retry-After ${s})`).join(', '));
}
process.exit(0);
JS
timeout 60 node retry.js 2>log | tee out ||
  { cat log >&2; exit 1; }

cat > expected <<'TEXT'
openai, requests in 8 s: 3 (Retry-After 1), 1 (Retry-After 59), 1 (Retry-After 60), 3 (Retry-After 61)
groq, requests in 8 s: 3 (Retry-After 1), 1 (Retry-After 59), 1 (Retry-After 60), 1 (Retry-After 61)
ai, requests in 8 s: 3 (Retry-After 1), 1 (Retry-After 59), 3 (Retry-After 60), 3 (Retry-After 61)
TEXT
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: past a minute, openai and ai retry at their own short intervals"
