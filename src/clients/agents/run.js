// Gives every agent its task once for each dialect of the backends, with a failover in the middle:
// the first backend calls the tool and then fails, the second answers.
//
//   node run.js JAVA JAR FRONTS DIALECTS
//
// Exit code 1 if an agent has not done its task.

import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {startGateway} from './gateway.js';
import {DIALECTS} from './scenes.js';
import {AGENTS, ANSWER, FILE, TITLES} from './agents.js';

const [java, jar, fronts, dialects] = process.argv.slice(2);
const TIMEOUT_MS = 120_000;
const root = mkdtempSync(join(tmpdir(), 'llm-relay-agents-'));
process.on('exit', () => rmSync(root, {recursive: true}));

const tasks = AGENTS.filter(agent => fronts.split(',').includes(agent.front))
  .flatMap(agent => dialects.split(',').map(dialect => {
    const name = `${agent.name}-${dialect}`;
    return {agent, dialect, name, folder: join(root, name, 'work'), home: join(root, name)};
  }));

const scripts = {};
const backends = {};
const aliases = {};
for (const {agent, dialect, name, folder} of tasks) {
  scripts[`${name}-first`] = [{scenario: 'tool-loop', toolCalls: [agent.call(folder)]}, '503'];
  scripts[`${name}-second`] = [{scenario: 'model', text: ANSWER}];
  aliases[name] = ['first', 'second'].map(place => {
    backends[`${name}-${place}`] = {dialect, path: DIALECTS[dialect].path, models: ['mock-model']};
    return `${name}-${place}/mock-model`;
  });
}
aliases[TITLES] = [`${tasks[0].name}-second/mock-model`];
const gateway = await startGateway(java, jar, {backends, aliases, scripts});

/** Runs a command and returns what it has printed. */
const output = ({name, folder, home}, {args, env}) => new Promise(resolve => {
  mkdirSync(folder, {recursive: true});
  const started = spawn(join(process.cwd(), 'node_modules/.bin', name.split('-')[0]), args,
    {cwd: folder, env: {...process.env, ...env, HOME: home, PWD: folder}, stdio: ['ignore', 'pipe', 'pipe']});
  const timer = setTimeout(() => started.kill(), TIMEOUT_MS);
  let text = '';
  started.stdout.on('data', data => { text += data; });
  started.stderr.on('data', data => { text += data; });
  started.on('close', () => {
    clearTimeout(timer);
    resolve(text);
  });
});

let undone = 0;
console.log('\n| agent | backends | task |\n|---|---|---|');
for (const task of tasks) {
  const printed = await output(task, task.agent.command(gateway, task.name, task.home));
  const file = join(task.folder, FILE);
  const done = existsSync(file) && readFileSync(file, 'utf8').trim() === 'hello'
    && printed.includes(ANSWER);
  undone += done ? 0 : 1;
  console.log(`| ${task.agent.name} | ${task.dialect} | ${done ? 'done' : '**not done**'} |`);
  if (!done) {
    console.error(printed.slice(-2000));
  }
}
process.exit(undone === 0 ? 0 : 1);
