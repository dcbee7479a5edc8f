/** The relay's own listeners: metrics, log, events on the event bus, recent activity. */
package io.llmrelay.observe.impl;
