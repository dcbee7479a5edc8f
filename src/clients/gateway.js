// Starts a gateway in front of sandbox backends.

import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const ADDRESS = /listening at (http:\/\/[0-9.:]+)/;

const processes = [];
const folder = mkdtempSync(join(tmpdir(), 'llm-relay-gateway-'));
process.on('exit', () => {
  processes.forEach(each => each.kill());
  rmSync(folder, {recursive: true});
});

/** Starts a command of the jar and returns its address. */
const start = (java, jar, ...args) => new Promise((resolve, reject) => {
  const started = spawn(java, ['-jar', jar, ...args]);
  processes.push(started);
  let output = '';
  const read = data => {
    output += data;
    const found = ADDRESS.exec(output);
    if (found) {
      resolve(found[1]);
    }
  };
  started.stdout.on('data', read);
  started.stderr.on('data', read);
  started.on('exit', () => reject(new Error(`${args[0]} ended:\n${output}`)));
});

/**
 * Starts the sandbox and a gateway and returns the gateway's address.
 *
 * backends: name to {dialect, path of the dialect's base URL, models}; aliases: name to candidates;
 * scripts: backend to scenarios, for those whose models do not choose them.
 */
export async function startGateway(java, jar, {backends, aliases, scripts = {}}) {
  const options = Object.entries(scripts)
    .flatMap(([name, script]) => ['--script', `${name}=${JSON.stringify(script)}`]);
  const sandbox = await start(java, jar, 'sandbox', '--port', '0', ...options);
  const configured = Object.fromEntries(Object.entries(backends).map(
    ([name, {dialect, path, models}]) =>
      [name, {dialect, 'base-url': `${sandbox}/${name}${path}`, 'api-key': 'none', models}]));
  const file = join(folder, 'relay.yaml');
  writeFileSync(file, JSON.stringify({
    gateway: {port: 0, 'max-body': '16MB'},
    discover: false,
    backends: configured,
    aliases,
    // A scene must not change what the next one meets.
    circuit: {'max-failures': 10000},
  }));
  return start(java, jar, 'serve', '--conf', file);
}
