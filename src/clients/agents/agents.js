// Coding agents, each with a task of two turns: a call of one of its tools, which writes a file, and
// the answer after the tool's result.
//
// An agent has a front, the tool that it must be told to call, and a command with its environment.

import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

export const FILE = 'hello.txt';
export const ANSWER = 'The file is written.';

/** The model for what is not part of the task. */
export const TITLES = 'titles';

const PROMPT = `Write the word hello to ${FILE}.`;
const KEY = 'none';

/** Writes a configuration file below the agent's home. */
function configure(home, path, content) {
  mkdirSync(join(home, path, '..'), {recursive: true});
  writeFileSync(join(home, path), content);
}

export const AGENTS = [
  {
    name: 'claude',
    front: 'messages',
    call: folder => ({name: 'Write', arguments: {file_path: join(folder, FILE), content: 'hello\n'}}),
    command: (base, model) => ({
      args: ['-p', PROMPT, '--model', model, '--permission-mode', 'acceptEdits'],
      env: {
        ANTHROPIC_BASE_URL: base,
        ANTHROPIC_API_KEY: KEY,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      },
    }),
  },
  {
    name: 'codex',
    front: 'responses',
    call: () => ({name: 'exec_command', arguments: {cmd: `echo hello > ${FILE}`}}),
    command: (base, model, home) => {
      configure(home, '.codex/config.toml', `
model = "${model}"
model_provider = "relay"
[model_providers.relay]
name = "relay"
base_url = "${base}/v1"
env_key = "RELAY_KEY"
wire_api = "responses"
`);
      return {
        args: ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', PROMPT],
        env: {RELAY_KEY: KEY},
      };
    },
  },
  {
    name: 'opencode',
    front: 'chat',
    call: folder => ({name: 'write', arguments: {filePath: join(folder, FILE), content: 'hello\n'}}),
    command: (base, model, home) => {
      configure(home, '.config/opencode/opencode.json', JSON.stringify({
        // Titles of sessions must not consume the script.
        small_model: `relay/${TITLES}`,
        provider: {relay: {
          npm: '@ai-sdk/openai-compatible',
          options: {baseURL: `${base}/v1`, apiKey: KEY},
          models: {[model]: {}, [TITLES]: {}},
        }},
      }));
      return {args: ['run', '--model', `relay/${model}`, PROMPT], env: {}};
    },
  },
];
