/**
 * The common parts of the sandbox's dialects: requests, scripted answers, errors and the interface
 * of a wire format. Each dialect has its own package next to this one.
 */
package io.llmrelay.sandbox.dialect;
