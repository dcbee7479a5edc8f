/**
 * The commands of the runnable jar. They use what every embedding application has: the front door,
 * the verticle, the options and the sandbox.
 */
package io.llmrelay.cli;
