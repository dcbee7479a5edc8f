package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The documents for people, and the parts of them that are made from the code. With {@code
 * DOCS_WRITE=1} in the environment the tests write these parts.
 */
public final class Documents {
  private static final String END = "<!-- end of reference -->\n";
  private static final boolean WRITE = System.getenv("DOCS_WRITE") != null;

  /** A fenced block, its language, and the name in a comment before it. */
  public record Block(Path document, String name, String language, String text) {
    @Override
    public String toString() {
      return document + ": " + (name == null ? text.lines().findFirst().orElse("") : name);
    }
  }

  private static final Pattern BLOCK =
      Pattern.compile("(?:<!-- example: ([a-z-]+) -->\n)?```([a-z]+)\n(.*?)```\n", Pattern.DOTALL);

  private Documents() {}

  /** Every document of the project, the README first. */
  public static List<Path> all() {
    try (Stream<Path> docs = Files.walk(Path.of("docs"))) {
      Stream<Path> top =
          Stream.of("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md").map(Path::of);
      return Stream.concat(top, docs.filter(file -> file.toString().endsWith(".md")).sorted())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the text of a document. */
  public static String text(Path document) {
    try {
      return Files.readString(document);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the fenced blocks of a language in all documents. */
  public static Stream<Block> blocks(String language) {
    return all().stream()
        .flatMap(
            document ->
                BLOCK
                    .matcher(text(document))
                    .results()
                    .map(m -> new Block(document, m.group(1), m.group(2), m.group(3))))
        .filter(block -> block.language().equals(language));
  }

  /** Asserts that the reference with this name is this text. */
  public static void holdReference(String document, String name, String text) throws IOException {
    String begin = "<!-- reference: " + name + " -->\n";
    String all = text(Path.of(document));
    assertThat(all).contains(begin);
    int from = all.indexOf(begin) + begin.length();
    hold(document, all, from, all.indexOf(END, from), text);
  }

  /** Asserts that the Java block with this name is this text. */
  public static void holdExample(String document, String name, String text) throws IOException {
    String all = text(Path.of(document));
    Matcher block =
        Pattern.compile("<!-- example: " + name + " -->\n```java\n(.*?)```\n", Pattern.DOTALL)
            .matcher(all);
    assertThat(block.find()).as(document + " has a block " + name).isTrue();
    hold(document, all, block.start(1), block.end(1), text);
  }

  private static void hold(String document, String all, int from, int to, String text)
      throws IOException {
    if (WRITE) {
      Files.writeString(Path.of(document), all.substring(0, from) + text + all.substring(to));
    } else {
      assertThat(all.substring(from, to)).isEqualTo(text);
    }
  }

  /**
   * Returns the cells of each row of the table with this heading, without the heading itself.
   *
   * @param heading the first cell of the table's head
   */
  public static List<List<String>> table(String document, String heading) {
    List<List<String>> rows =
        text(Path.of(document))
            .lines()
            .dropWhile(line -> !line.startsWith("| " + heading + " |"))
            .takeWhile(line -> line.startsWith("|"))
            .skip(2)
            .map(line -> line.substring(1, line.length() - 1).split("\\|"))
            .map(cells -> Arrays.stream(cells).map(String::strip).toList())
            .toList();
    assertThat(rows).as(document + ": " + heading).isNotEmpty();
    return rows;
  }

  /** Returns what stands in backticks. */
  public static List<String> code(String text) {
    return Pattern.compile("`([^`]+)`").matcher(text).results().map(m -> m.group(1)).toList();
  }
}
