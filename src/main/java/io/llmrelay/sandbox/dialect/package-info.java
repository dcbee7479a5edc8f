/**
 * What the sandbox's dialects have in common: requests, scripted answers, errors and the interface
 * of a wire format. Each dialect has a package of its own beside this one.
 */
package io.llmrelay.sandbox.dialect;
