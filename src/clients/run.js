// Runs every client of the chosen fronts through every scene and prints one table for each front.
//
//   node run.js JAVA JAR FRONTS DIALECTS
//
// Exit code 1 if an application was told that a broken answer is whole, or missed a whole one.

import {CLIENTS} from './clients.js';
import {startGateway} from './gateway.js';
import {SCENES, alias, candidates} from './scenes.js';

const [java, jar, fronts, dialects] = process.argv.slice(2);
const TIMEOUT_MS = 60_000;
const gateway = await startGateway(java, jar, candidates(dialects.split(',')));

// Some clients leave the rejection of a second promise unhandled.
process.on('unhandledRejection', () => {});
console.error = () => {};
console.warn = () => {};

const timeout = () => new Promise((resolve, reject) =>
  setTimeout(() => reject(new Error('no answer within a minute')), TIMEOUT_MS).unref());

async function seen(client, scene, dialect) {
  const tools = scene.expected === 'call' || scene.tools;
  try {
    const result = await Promise.race([client.run(gateway, alias(dialect, scene), tools), timeout()]);
    return result.failed === undefined ? result : {error: result.failed};
  } catch (e) {
    return {error: String(e?.message ?? e)};
  }
}

/** Returns a word for the table, which begins with "!" if it is not what must be seen. */
function verdict(client, scene, result) {
  switch (scene.expected) {
    case 'whole':
      return result.error === undefined && result.text ? 'whole' : `!${result.error ?? 'empty'}`;
    case 'call': {
      const complete = result.ran && (client.onlyCalls || result.text);
      return result.error === undefined && complete ? 'whole' : `!${result.error ?? 'no call'}`;
    }
    default:
      return result.error === undefined ? '!whole' : 'error';
  }
}

let wrong = 0;
for (const front of fronts.split(',')) {
  console.log(`\n${front}\n`);
  console.log(`| client | ${SCENES.map(scene => scene.name).join(' | ')} |`);
  console.log(`|---|${SCENES.map(() => '---|').join('')}`);
  for (const client of CLIENTS[front]) {
    const cells = await Promise.all(SCENES.map(async scene => {
      const words = await Promise.all(dialects.split(',').map(async dialect =>
        [dialect, verdict(client, scene, await seen(client, scene, dialect))]));
      const bad = words.filter(([, word]) => word.startsWith('!'));
      wrong += bad.length;
      if (bad.length === 0) {
        return words[0][1];
      }
      const same = bad.every(([, word]) => word === bad[0][1]) && bad.length === words.length;
      return (same ? [['', bad[0][1]]] : bad)
        .map(([dialect, word]) => `**${dialect} ${word.slice(1, 90).replaceAll(/\s+/g, ' ')}**`)
        .join('; ');
    }));
    console.log(`| ${client.name} | ${cells.join(' | ')} |`);
  }
}
console.log(wrong === 0 ? '\nEvery application has seen what happened.' : `\n${wrong} wrong.`);
process.exit(wrong === 0 ? 0 : 1);
