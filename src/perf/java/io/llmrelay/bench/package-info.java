/**
 * What {@code scripts/bench} runs: a backend that is cheap enough not to be what is measured, a
 * load generator of the same kind, a proxy that does nothing, and the runner that compares the
 * relay with it.
 *
 * <p>Nothing here uses a test library: the package is compiled against the runnable jar alone.
 */
package io.llmrelay.bench;
