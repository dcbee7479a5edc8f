/**
 * What all fronts share: reading a chat request, starting the run and sending its answer. A front
 * is a package that implements {@link io.llmrelay.gateway.front.Front} for one API.
 */
package io.llmrelay.gateway.front;
