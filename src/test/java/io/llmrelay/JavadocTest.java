package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.Tree.Kind;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * Everything that applications may call is documented: each public or protected type, method,
 * constructor and constant of the exported packages, unless it overrides one that is.
 */
class JavadocTest {
  private static final Path SOURCES = Path.of("src/main/java");

  private final List<String> undocumented = new ArrayList<>();
  private DocTrees trees;

  @Test
  void everythingPublicIsDocumented() throws IOException {
    List<Path> sources = sources();
    assertThat(sources).hasSizeGreaterThan(50);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  files,
                  null,
                  List.of("-proc:none"),
                  null,
                  files.getJavaFileObjectsFromPaths(sources));
      trees = DocTrees.instance(task);
      for (CompilationUnitTree unit : task.parse()) {
        for (Tree type : unit.getTypeDecls()) {
          if (type instanceof ClassTree declared) {
            check(new TreePath(new TreePath(unit), declared), declared, false, "");
          }
        }
      }
    }
    assertThat(undocumented).isEmpty();
  }

  /** The sources of the packages that the module exports. */
  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    String module = Files.readString(SOURCES.resolve("module-info.java"));
    for (MatchResult export :
        Pattern.compile("exports ([\\w.]+);").matcher(module).results().toList()) {
      Path folder = SOURCES.resolve(export.group(1).replace('.', '/'));
      try (Stream<Path> files = Files.list(folder)) {
        files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
      }
    }
    return sources;
  }

  private void check(TreePath path, ClassTree type, boolean inInterface, String outer) {
    if (!inInterface && !isOpen(type.getModifiers())) {
      return;
    }
    String name = outer + type.getSimpleName();
    require(path, name);
    boolean isInterface =
        type.getKind() == Kind.INTERFACE || type.getKind() == Kind.ANNOTATION_TYPE;
    for (Tree member : type.getMembers()) {
      TreePath at = new TreePath(path, member);
      if (member instanceof ClassTree nested) {
        check(at, nested, isInterface, name + ".");
      } else if (member instanceof MethodTree method && isDeclared(method, type)) {
        if (isOpen(method.getModifiers()) || isInterface && !isPrivate(method.getModifiers())) {
          require(at, name + "." + method.getName() + "(" + method.getParameters() + ")");
        }
      } else if (member instanceof VariableTree field
          && (isInterface || isOpen(field.getModifiers()))) {
        require(at, name + "." + field.getName());
      }
    }
  }

  private static boolean isOpen(ModifiersTree modifiers) {
    return modifiers.getFlags().contains(Modifier.PUBLIC)
        || modifiers.getFlags().contains(Modifier.PROTECTED);
  }

  private static boolean isPrivate(ModifiersTree modifiers) {
    return modifiers.getFlags().contains(Modifier.PRIVATE);
  }

  /** Returns whether a method needs a comment: no override, and no compact constructor. */
  private static boolean isDeclared(MethodTree method, ClassTree type) {
    boolean overrides =
        method.getModifiers().getAnnotations().stream()
            .anyMatch(annotation -> annotation.getAnnotationType().toString().equals("Override"));
    boolean isConstructor = method.getName().contentEquals("<init>");
    return !overrides && !(isConstructor && type.getKind() == Kind.RECORD);
  }

  private void require(TreePath path, String name) {
    String comment = trees.getDocComment(path);
    if (comment == null || comment.isBlank()) {
      undocumented.add(name);
    }
  }
}
