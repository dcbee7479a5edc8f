/**
 * The sandbox as an extension of JUnit 5, for tests of applications: an outage is rehearsed by
 * scripting the backends that fail. Requires {@code org.junit.jupiter:junit-jupiter-api}, which a
 * test has anyway and the relay does not bring.
 */
package io.llmrelay.junit5;
