package io.llmrelay.provider;

import io.llmrelay.Documents;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.KnownProvider;
import java.io.IOException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of known providers in docs/configuration.md is what the code knows of them. */
class BackendReferenceTest {
  @Test
  void standsInTheDocument() throws IOException {
    StringBuilder table =
        new StringBuilder("| provider | dialect | base URL | environment | default model |")
            .append(" reasoning shown apart in | usage in streams |\n")
            .append("|---|---|---|---|---|---|---|\n");
    for (KnownProvider known : KnownProvider.values()) {
      for (String dialect : known.dialects()) {
        row(known, dialect, table);
      }
    }
    Documents.holdReference("docs/configuration.md", "backends", table.toString());
  }

  private static void row(KnownProvider known, String dialect, StringBuilder table) {
    BackendOptions options = new BackendOptions().setProvider(known.id()).setDialect(dialect);
    Dialect.Extras extras = Dialects.of(dialect).extras(options);
    String reasoning =
        extras.reasoning().stream().map(f -> code(f)).collect(Collectors.joining(", "));
    table
        .append("| ")
        .append(code(known.id()))
        .append(dialect.equals(known.dialect()) ? " | **" + dialect + "**" : " | " + dialect)
        .append(" | ")
        .append(code(known.baseUrl(dialect)))
        .append(" | ")
        .append(code(known.keyVariable()))
        .append(known.urlVariable() == null || known.keyVariable() == null ? "" : ", ")
        .append(code(known.urlVariable()))
        .append(" | ")
        .append(code(known.defaultModel()))
        .append(" | ")
        .append(reasoning)
        .append(" | ")
        .append(extras.usage())
        .append(" |\n");
  }

  private static String code(String text) {
    return text == null ? "" : "`" + text + "`";
  }
}
