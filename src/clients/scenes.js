// What the backends do in each scene, and what an application must see.
//
// A scene is a model name of the gateway: an alias whose candidates are the sandbox's backends, each
// with the scenario that its model names. "first" is tried before "second".

/** The dialects of the backends; each scene runs against each of them. */
export const DIALECTS = {
  openai: {path: '/v1'},
  anthropic: {path: ''},
  gemini: {path: '/v1beta'},
};

/** @typedef {'whole' | 'error' | 'call'} Expected an answer, an error, an answer after a tool's result */

export const SCENES = [
  {name: 'text', expected: 'whole', candidates: ['mock-model']},
  {name: 'failover', expected: 'whole', candidates: ['mock-503', 'mock-model']},
  {name: 'failover late', expected: 'whole', candidates: ['mock-sse-error-after-role', 'mock-model']},
  {name: 'tools', expected: 'call', candidates: ['mock-503', 'mock-tool-loop']},
  {name: 'down', expected: 'error', candidates: ['mock-503']},
  {name: 'rejected', expected: 'error', candidates: ['mock-400']},
  {name: 'error event', expected: 'error', candidates: ['mock-sse-error-after-3']},
  {name: 'closed', expected: 'error', candidates: ['mock-die-after-3']},
  {name: 'reset', expected: 'error', candidates: ['mock-reset-after-3']},
  {name: 'no end', expected: 'error', candidates: ['mock-end-after-3']},
  {name: 'broken call', expected: 'error', candidates: ['mock-die-after-3-calls-1-fragment-1'], tools: true},
];

/** Returns the alias of a scene. */
export const alias = (dialect, scene) => `${dialect}-${scene.name.replaceAll(' ', '-')}`;

/** Returns the backends and aliases of all scenes. */
export function candidates(dialects) {
  const models = SCENES.flatMap(scene => scene.candidates);
  const places = ['first', 'second'];
  const backends = {};
  const aliases = {};
  for (const dialect of dialects) {
    for (const place of places) {
      backends[`${dialect}-${place}`] = {dialect, path: DIALECTS[dialect].path, models};
    }
    for (const scene of SCENES) {
      aliases[alias(dialect, scene)] =
        scene.candidates.map((model, i) => `${dialect}-${places[i]}/${model}`);
    }
  }
  return {backends, aliases};
}
