/**
 * A relay that streams chat completions from many LLM backends with failover.
 *
 * <p>The gateway and Bedrock need libraries that are optional here. On the module path the gateway
 * needs {@code --add-exports io.vertx.core/io.vertx.core.net.impl=io.llmrelay} as well.
 */
module io.llmrelay {
  requires transitive io.vertx.core;
  requires io.vertx.circuitbreaker;
  requires io.vertx.jsonschema;
  requires io.vertx.web.client;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.codec.http2;
  requires io.netty.common;
  requires io.netty.transport;
  requires com.fasterxml.jackson.annotation;
  requires com.fasterxml.jackson.core;
  requires com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.dataformat.yaml;
  requires java.logging;
  requires java.net.http;
  requires org.yaml.snakeyaml;
  requires static com.hazelcast.core;
  requires static io.vertx.clustermanager.hazelcast;
  requires static io.vertx.metrics.micrometer;
  requires static io.vertx.web;
  requires static micrometer.core;
  requires static micrometer.registry.prometheus;
  requires static info.picocli;
  requires static io.opentelemetry.api;
  requires static io.opentelemetry.context;
  requires static org.junit.jupiter.api;
  requires static software.amazon.awssdk.http;
  requires static software.amazon.awssdk.http.auth.aws;
  requires static software.amazon.awssdk.http.auth.spi;
  requires static software.amazon.awssdk.identity.spi;
  requires static software.amazon.eventstream;

  exports io.llmrelay;
  exports io.llmrelay.chat;
  exports io.llmrelay.config;
  exports io.llmrelay.junit5;
  exports io.llmrelay.observe;
  exports io.llmrelay.sandbox;

  opens io.llmrelay.config to
      com.fasterxml.jackson.databind;
  opens io.llmrelay.cli to
      info.picocli;

  uses io.llmrelay.GatewayFactory;

  provides io.llmrelay.GatewayFactory with
      io.llmrelay.gateway.HttpGatewayFactory;
}
