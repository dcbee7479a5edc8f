/**
 * The models we know: what they can do, how much they take, what they cost and how long they live.
 *
 * <p>Facts only. Which candidate serves a request, and what a price means for it, is the
 * coordinator's business.
 */
package io.llmrelay.catalog;
