#!/usr/bin/env bash
# Codex sends one prompt up to thirty times; Claude Code asks for a lost answer again without
# streaming.
#
# Expected: an agent retries as often as its documentation says (Codex: request_max_retries 4 and
# stream_max_retries 5), a server's "x-should-retry: false" ends it, as it does for OpenAI's and
# Anthropic's SDKs, and what is sent again is the same request.
#
# What is so (2026-11; a server that fails every request, each agent is asked for one answer):
#   Codex 0.171.0 repeats a request that got a 502 or 503 four times, and that whole series five
#     times: 30 requests in half a minute, with x-should-retry: false or without. It repeats an
#     answer that broke off five times, also if response.failed with a final code had come before
#     the connection closed. A 429 it does not repeat, whatever Retry-After says.
#   Claude Code 2.1.197 obeys x-should-retry: false. An answer that broke off is asked for once
#     more, but with "stream" absent: the second request is silent until the whole answer is there.
#
# Why a gateway for LLM streams cares: each of the requests goes through its own failover, so a
# prompt is tried thirty times the number of candidates, and the silent one needs timeouts for a
# whole answer where the stream needed one for the first chunk. Circuits and cooldowns have to be
# shared by all requests. LLM Relay skips at once what has just failed, and applies its first-chunk
# timeout to the backend's stream also if the client does not stream. Users of Codex should set
# request_max_retries = 0 for the provider that is a gateway: it leaves six requests of 30.
#
# Needs Node.js with npm, and the npm registry; the packages have some 600 MB. Exits with 1 if the
# behaviour has changed.
set -euo pipefail
command -v npm >/dev/null || { echo "needs npm" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true, "type": "module"}' > package.json
timeout 500 npm install --no-audit --no-fund --loglevel=error \
  @openai/codex@0.171.0 @anthropic-ai/claude-code@2.1.197 >npm.log 2>&1 || { cat npm.log >&2; exit 2; }

cat > agents.js <<'JS'
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';

const event = value => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
const response = more => ({ id: 'resp_1', object: 'response', created_at: 1, model: 'm', output: [], ...more });
const half = {
  claude: event({ type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant',
    model: 'm', content: [], stop_reason: null, stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 } } })
    + event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })
    + event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'half' } }),
  codex: event({ type: 'response.created', sequence_number: 0, response: response({ status: 'in_progress' }) })
    + event({ type: 'response.output_item.added', sequence_number: 1, output_index: 0,
      item: { id: 'msg_1', type: 'message', status: 'in_progress', role: 'assistant', content: [] } })
    + event({ type: 'response.output_text.delta', sequence_number: 2, item_id: 'msg_1',
      output_index: 0, content_index: 0, delta: 'half' }),
};
const failed = {
  claude: event({ type: 'error', error: { type: 'overloaded_error', message: 'lost' } }),
  codex: event({ type: 'response.failed', sequence_number: 3, response: response({ status: 'failed',
    error: { code: 'server_is_overloaded', message: 'lost' } }) }),
};
const status = (code, headers) => reply => {
  reply.writeHead(code, { 'content-type': 'application/json', ...headers });
  reply.end('{"type":"error","error":{"type":"api_error","message":"down"}}');
};
const breakOff = text => (reply, agent) => {
  reply.writeHead(200, { 'content-type': 'text/event-stream' });
  reply.write(text(agent));
  setTimeout(() => reply.socket?.end(), 300);
};
const failures = {
  'x-should-retry: false': status(503, { 'x-should-retry': 'false' }),
  '429': status(429),
  '429 with Retry-After': status(429, { 'retry-after': '1' }),
  'closed connection': breakOff(agent => half[agent]),
  'error event, closed connection': breakOff(agent => half[agent] + failed[agent]),
};
const agents = {
  codex: [['x-should-retry: false', '429', '429 with Retry-After', 'closed connection', 'error event, closed connection'],
    (url, home) => {
      mkdirSync(join(home, '.codex'));
      writeFileSync(join(home, '.codex/config.toml'), `
model = "m"
model_provider = "any"
[model_providers.any]
name = "any"
base_url = "${url}/v1"
env_key = "ANY_KEY"
wire_api = "responses"
`);
      return { args: ['exec', '--skip-git-repo-check', 'Say hello.'], env: { ANY_KEY: 'none' } };
    }],
  claude: [['x-should-retry: false', 'closed connection', 'error event, closed connection'],
    url => ({ args: ['-p', 'Say hello.', '--model', 'm'], env: { ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: 'none', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' } })],
};
const ask = (agent, failure, command) => new Promise(resolve => {
  const seen = [];
  const server = http.createServer((request, reply) => {
    let body = '';
    request.on('data', data => { body += data; });
    request.on('end', () => {
      const sent = body.startsWith('{') ? JSON.parse(body) : {};
      if (sent.model !== 'm' || request.url.includes('count_tokens')) {
        reply.writeHead(404).end();
        return;
      }
      seen.push(sent.stream ? 'streamed' : 'whole');
      failures[failure](reply, agent);
    });
  }).listen(0, '127.0.0.1', () => {
    const home = mkdtempSync(join(process.cwd(), 'home-'));
    const { args, env } = command(`http://127.0.0.1:${server.address().port}`, home);
    const run = spawn(join(process.cwd(), 'node_modules/.bin', agent), args,
      { cwd: home, env: { ...process.env, ...env, HOME: home }, stdio: 'ignore' });
    const timer = setTimeout(() => run.kill(), 120000);
    run.on('close', () => {
      clearTimeout(timer);
      server.close();
      const whole = seen.filter(each => each === 'whole').length;
      resolve(`${agent}, ${failure}: ${seen.length - whole} streamed, ${whole} whole`);
    });
  });
});
for (const [agent, [wanted, command]] of Object.entries(agents)) {
  for (const line of await Promise.all(wanted.map(failure => ask(agent, failure, command)))) {
    console.log(line);
  }
}
process.exit(0);
JS
timeout 300 node agents.js 2>log | tee out || { cat log >&2; exit 1; }

cat > expected <<'TEXT'
codex, x-should-retry: false: 30 streamed, 0 whole
codex, 429: 1 streamed, 0 whole
codex, 429 with Retry-After: 6 streamed, 0 whole
codex, closed connection: 6 streamed, 0 whole
codex, error event, closed connection: 6 streamed, 0 whole
claude, x-should-retry: false: 1 streamed, 0 whole
claude, closed connection: 1 streamed, 1 whole
claude, error event, closed connection: 1 streamed, 1 whole
TEXT
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: Codex multiplies its two kinds of retries, Claude Code falls back to a whole answer"
