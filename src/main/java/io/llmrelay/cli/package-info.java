/**
 * The commands of the runnable jar. They use the API that embedding applications use: the relay,
 * its verticle and options, and the sandbox.
 */
package io.llmrelay.cli;
