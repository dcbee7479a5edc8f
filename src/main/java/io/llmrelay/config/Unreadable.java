package io.llmrelay.config;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * What is said of a file that a configuration names and that cannot be read. Never its name: in its
 * place may stand, by mistake, the very secret that the file was to hold.
 */
final class Unreadable {
  private Unreadable() {}

  /**
   * The complaint.
   *
   * @param folder where relative names start
   */
  static String complaint(Path folder, String name) {
    try {
      return "names a file that cannot be read: " + reason(folder.resolve(name));
    } catch (InvalidPathException e) {
      return "does not name a file";
    }
  }

  private static String reason(Path file) {
    if (Files.exists(file)) {
      return Files.isRegularFile(file) ? "it is not readable as text" : "it is not a file";
    }
    return "there is no such file (a relative name starts at %s)"
        .formatted(file.isAbsolute() ? "the configuration's folder" : "the working directory");
  }
}
