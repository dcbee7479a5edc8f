#!/usr/bin/env bash
# On Node.js a timeout of an hour for an answer ends after five minutes, and the request is sent
# again.
#
# Expected: the option "timeout" of an SDK is how long a request may take; OpenAI's and Anthropic's
# SDKs document ten minutes as its default and longer ones for long answers.
#
# What is so (Node.js 20 and 24, 2026-11; a server that reads the request and is silent): the fetch
# of Node.js gives a response head 300 seconds, whatever the caller wants, and these SDKs use it as
# it is. The request ends after about 302 seconds with "fetch failed", which counts as a lost
# connection and is repeated within two seconds, with openai 7.59.0 and its default of ten minutes
# or a timeout of one hour, with @anthropic-ai/sdk 1.14.0, and with @ai-sdk/openai-compatible 3.0.92
# and ai 7.0.173, which have no timeout at all.
#
# Why a gateway for LLM streams cares: an answer that is not streamed has no head before its end. A
# model that thinks for six minutes is asked three times, each answer is billed, and none arrives;
# the gateway's log has clients that leave. It has to fail before the client does, so that a status
# ends the matter, and to tell users to stream long answers. LLM Relay's timeouts.total is five
# minutes unless configured otherwise, and a stream has its head with the first chunk.
#
# The script runs for five minutes. Needs Node.js 20 or newer with npm, and the npm registry. Exits
# with 1 if the behaviour has changed.
set -euo pipefail
command -v npm >/dev/null || { echo "needs Node.js 20 or newer with npm" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true, "type": "module"}' > package.json
timeout 300 npm install --no-audit --no-fund --loglevel=error openai@7.59.0 \
  @anthropic-ai/sdk@1.14.0 ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 zod@4.6.7 \
  >npm.log 2>&1 || { cat npm.log >&2; exit 2; }

cat > silent.js <<'JS'
import http from 'node:http';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { generateText } from 'ai';
import OpenAI from 'openai';

const started = Date.now(), seconds = () => (Date.now() - started) / 1000;
const requests = {}, ended = {};
const server = http.createServer((request, response) => {
  request.resume();
  const name = request.url.split('/')[1];
  requests[name] = (requests[name] ?? 0) + 1;
  response.on('close', () => { ended[name] ??= seconds(); });
});
server.requestTimeout = 0;
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));

const apiKey = 'k', messages = [{ role: 'user', content: 'Hi' }], call = { model: 'm', messages };
const clients = {
  'openai': baseURL => new OpenAI({ apiKey, baseURL }).chat.completions.create(call),
  'openai-one-hour': baseURL =>
    new OpenAI({ apiKey, baseURL, timeout: 3600 * 1000 }).chat.completions.create(call),
  'anthropic': baseURL =>
    new Anthropic({ apiKey, baseURL }).messages.create({ ...call, max_tokens: 99 }),
  'ai': baseURL => generateText({ messages,
    model: createOpenAICompatible({ name: 'x', apiKey, baseURL })('m') }),
};
process.on('unhandledRejection', () => {});
for (const [name, start] of Object.entries(clients)) {
  start(`http://127.0.0.1:${server.address().port}/${name}`).catch(() => {});
}
while (seconds() < 330 && Object.values(requests).filter(n => n > 1).length < 4) {
  await new Promise(resolve => setTimeout(resolve, 500));
}
for (const name of Object.keys(clients)) {
  const when = ended[name] >= 299 && ended[name] < 315 ? 'after five minutes' : `at ${ended[name]} s`;
  console.log(`${name}: ended ${when}, ${requests[name]} requests`);
}
process.exit(0);
JS
timeout 400 node silent.js 2>log | tee out || { cat log >&2; exit 1; }

cat > expected <<'TEXT'
openai: ended after five minutes, 2 requests
openai-one-hour: ended after five minutes, 2 requests
anthropic: ended after five minutes, 2 requests
ai: ended after five minutes, 2 requests
TEXT
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: five minutes, whatever the timeout, and then a second request"
