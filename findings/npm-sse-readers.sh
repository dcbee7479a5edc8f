#!/usr/bin/env bash
# Three npm readers of chat streams lose a valid stream: in silence, or at its very end.
#
# Expected: a client of an SSE API reads any valid event stream. The specification allows LF, CR LF
# and CR as line ends, data spread over several data lines, a block that carries only a retry time,
# and says that an event without an event line has the type "message", so that writing "event:
# message" changes nothing.
#
# What is so (2026-11, one and the same answer "Hello" served in several spellings):
#   together-ai 0.52.0: with "event: message" lines each chunk is dropped; the loop ends as if the
#     model had said nothing. Only events without any event line are handed out.
#   @xsai/stream-text 0.4.4: with CR LF the complete answer ends in an error over "[DONE]" (the CR
#     stays on it); with CR alone the answer is empty and successful; data on two lines raises an
#     error.
#   fetch-event-stream 0.1.6: a block with only "retry: 3000" is handed out as an event whose data
#     is undefined; code that parses each event's data fails at it.
# For comparison: openai 7.59.0 reads all of them.
#
# Why a gateway for LLM streams cares: its clients are not chosen by it, and what is merely valid is
# not enough. LLM Relay writes LF, one data line per event and no event or retry lines on the chat
# front, and reads all of these from backends.
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
  together-ai@0.52.0 @xsai/stream-text@0.4.4 \
  fetch-event-stream@0.1.6 openai@7.59.0 >npm.log 2>&1 || { cat npm.log >&2; exit 2; }

cat > readers.js <<'JS'
import http from 'node:http';
import OpenAI from 'openai';
import Together from 'together-ai';
import { events } from 'fetch-event-stream';
import { streamText } from '@xsai/stream-text';

const chunk = (delta, finish_reason = null) => `data: ${JSON.stringify({ id: 'x',
  object: 'chat.completion.chunk', created: 1, model: 'm',
  choices: [{ index: 0, delta, finish_reason }] })}`;
const plain = [chunk({ content: 'Hel' }), chunk({ content: 'lo' }), chunk({}, 'stop'),
  'data: [DONE]', ''].join('\n\n');
const spellings = {
  'LF': plain,
  'CR LF': plain.replaceAll('\n', '\r\n'),
  'CR': plain.replaceAll('\n', '\r'),
  'event: message': plain.replaceAll('data:', 'event: message\ndata:'),
  'two data lines': plain.replaceAll('"object"', '\ndata: "object"'),
  'retry block': 'retry: 3000\n\n' + plain,
};
const server = http.createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(Object.values(spellings)[request.url.split('/')[1]]);
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));

const messages = [{ role: 'user', content: 'Hi' }];
async function loop(stream) {
  let text = '';
  for await (const chunk of await stream) text += chunk.choices[0]?.delta?.content ?? '';
  return text;
}
const call = { model: 'm', messages, stream: true };
const readers = {
  'openai': baseURL =>
    loop(new OpenAI({ baseURL, apiKey: 'k' }).chat.completions.create(call)),
  'together-ai': baseURL =>
    loop(new Together({ baseURL, apiKey: 'k' }).chat.completions.create(call)),
  '@xsai/stream-text': async url => {
    let all = '';
    const { textStream } = streamText({ baseURL: url, apiKey: 'k', model: 'm', messages });
    for await (const text of textStream) all += text;
    return all;
  },
  'fetch-event-stream': async url => {
    let all = '';
    for await (const event of events(await fetch(url))) {
      if (event.data !== '[DONE]') all += JSON.parse(event.data).choices[0].delta.content ?? '';
    }
    return all;
  },
};
process.on('unhandledRejection', () => {}); // The side promises of @xsai/stream-text.
setTimeout(() => process.exit(3), 30000);
for (const [name, read] of Object.entries(readers)) {
  for (const [i, spelling] of Object.keys(spellings).entries()) {
    let result;
    try {
      result = JSON.stringify(await read(`http://127.0.0.1:${server.address().port}/${i}/`));
    } catch (error) {
      result = `raised ${error.name}`;
    }
    console.log(`${name}, ${spelling}: ${result}`);
  }
}
process.exit(0);
JS
timeout 90 node readers.js 2>log | tee out ||
  { cat log >&2; exit 1; }

grep -v '"Hello"$' out > differing || true
cat > expected <<'TEXT'
together-ai, event: message: ""
@xsai/stream-text, CR LF: raised SyntaxError
@xsai/stream-text, CR: ""
@xsai/stream-text, two data lines: raised SyntaxError
fetch-event-stream, retry block: raised SyntaxError
TEXT
[ "$(wc -l < out)" -eq 24 ] && diff expected differing >/dev/null ||
  { echo "changed, what differed from \"Hello\" was:"; cat expected; exit 1; }
echo "as described: five of 24 readings lose the answer or raise an error after it"
