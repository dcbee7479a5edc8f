package io.llmrelay.cli;

import io.llmrelay.cli.litellm.LiteLlmConverter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints LiteLLM's configuration file as one of the relay. */
@Command(
    name = "from-litellm",
    mixinStandardHelpOptions = true,
    description = {
      "Convert LiteLLM's configuration file to one of the relay.",
      "What cannot be converted is named in comments at its head."
    })
final class FromLiteLlmCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "LiteLLM's config.yaml.")
  private Path file;

  @Override
  public Integer call() {
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new CommandException("There is no file " + file + ".");
    } catch (MalformedInputException e) {
      throw new CommandException(file + " is not UTF-8 text.");
    } catch (IOException e) {
      throw new CommandException("Cannot read " + file + ": " + e.getClass().getSimpleName());
    }
    PrintWriter out = spec.commandLine().getOut();
    try {
      out.print(LiteLlmConverter.convert(text, file.getFileName().toString()));
    } catch (IllegalArgumentException e) {
      throw new CommandException(file + ": " + e.getMessage());
    }
    out.flush();
    return 0;
  }
}
