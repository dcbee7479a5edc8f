#!/usr/bin/env bash
# The AI SDK puts cache_control beside the role of a message or into its content, depending on how
# many parts the message has.
#
# Expected: an option of one content part is sent with that part, wherever the part is. In the
# requests of OpenRouter and of other gateways cache_control is a field of a content part.
#
# What is so (2026-11, @ai-sdk/openai-compatible 3.0.92 with ai 7.0.173): the option of a text part
# is sent
#   - as a field of the message, beside role, if it is the only part, since the content is then sent
#     as a string;
#   - as a field of the part if there are two;
#   - as a field of the message for the result of a tool;
#   - not at all for a text of the assistant.
# opencode marks its system messages and its last two messages in this way for Claude models.
#
# Why a gateway for LLM streams cares: one that reads cache_control in content parts only drops most
# of these marks, and the whole prompt of an agent is billed anew with every step; one that sends
# them on to a server with strict messages gets a 400. LLM Relay takes the field of a message for
# that of its last part.
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
  ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 zod@4 >npm.log 2>&1 || { cat npm.log >&2; exit 2; }

cat > places.js <<'JS'
import { generateText } from 'ai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';

const cached = { providerOptions: { openaiCompatible: { cache_control: { type: 'ephemeral' } } } };
const text = (value, options) => ({ type: 'text', text: value, ...options });
let sent;
const provider = createOpenAICompatible({
  name: 'any', baseURL: 'http://127.0.0.1/v1', apiKey: 'k',
  fetch: async (url, request) => {
    sent = JSON.parse(request.body);
    return Response.json({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices: [
      { index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }] });
  },
});
const call = { type: 'tool-call', toolCallId: 'c', toolName: 'f', input: {} };
const result = {
  type: 'tool-result', toolCallId: 'c', toolName: 'f', output: { type: 'text', value: 'x' }, ...cached };
await generateText({ model: provider('m'), messages: [
  { role: 'user', content: [text('one', cached)] },
  { role: 'assistant', content: [text('hm', cached)] },
  { role: 'user', content: [text('one'), text('two', cached)] },
  { role: 'assistant', content: [call] },
  { role: 'tool', content: [result] },
] });
for (const message of sent.messages) {
  const parts = Array.isArray(message.content) ? message.content : [];
  const place = message.cache_control ? 'message'
    : parts.some(part => part.cache_control) ? 'part' : 'nowhere';
  console.log(`${message.role}, ${typeof message.content === 'string' ? 'string' : 'parts'}: ${place}`);
}
JS
timeout 60 node places.js > out 2>log || { cat log >&2; exit 1; }
grep -v '^assistant, parts' out > seen
cat > expected <<'TEXT'
user, string: message
assistant, string: nowhere
user, parts: part
tool, string: message
TEXT
diff expected seen || { echo "changed: what is expected is on the left" >&2; exit 1; }
echo "as described: one option of a part has three places"
