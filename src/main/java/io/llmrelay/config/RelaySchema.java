package io.llmrelay.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The JSON schema of a configuration file, by which editors complete and check it. The gateway
 * serves it to operators at {@code /relay.schema.json}.
 */
public final class RelaySchema {
  private RelaySchema() {}

  /** Read at the first use; {@code conf/relay.schema.json} of the sources. */
  private static final class Resource {
    private static final String TEXT = read();

    private static String read() {
      try (InputStream in = RelaySchema.class.getResourceAsStream("relay.schema.json")) {
        if (in == null) {
          throw new IllegalStateException("this build lacks the resource relay.schema.json");
        }
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Returns the schema as JSON text. The first call reads a resource and blocks for that long. */
  public static String text() {
    return Resource.TEXT;
  }
}
