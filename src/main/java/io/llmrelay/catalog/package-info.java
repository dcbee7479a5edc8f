/**
 * The model catalogue: capabilities, context windows, prices and lifecycle.
 *
 * <p>It states facts only; the coordinator decides which candidate serves a request.
 */
package io.llmrelay.catalog;
