package io.llmrelay.provider;

import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Rewrites JSON schemas to the subset that a provider accepts, which is declared with the {@link
 * Builder}. Keywords outside the subset are rewritten to an equivalent or, without one, dropped:
 * the result permits everything that the original schema permits, and possibly more.
 *
 * <p>Immutable and thread-safe. The original schema is not changed.
 *
 * <pre>{@code
 * SchemaRewriter.builder().inlineReferences().constAsEnum().keep("type", "enum").build()
 * }</pre>
 */
public final class SchemaRewriter {

  /** The form of a schema with several types. */
  public enum Types {
    /** {@code "type": ["string", "null"]}, as in JSON schema. */
    LIST,
    /** {@code anyOf} with one alternative for each type. */
    ANY_OF,
    /** The type {@code null} as {@code "nullable": true}, the others as {@code anyOf}. */
    NULLABLE
  }

  /**
   * A rewritten schema.
   *
   * @param schema the schema in the provider's subset
   * @param dropped the keywords that were dropped, sorted
   */
  public record Result(JsonObject schema, Set<String> dropped) {
    public Result {
      dropped = Set.copyOf(dropped);
    }
  }

  final Set<String> kept;
  final Set<String> removed;
  final Map<String, String> renamed;
  final Types types;
  final boolean inline;
  final boolean merge;
  final boolean constAsEnum;
  final boolean tuplesAsItems;
  final boolean inclusiveBounds;
  final boolean objectAtRoot;

  private SchemaRewriter(Builder builder) {
    kept = builder.kept == null ? null : Set.copyOf(builder.kept);
    removed = Set.copyOf(builder.removed);
    renamed = Map.copyOf(builder.renamed);
    types = builder.types;
    inline = builder.inline;
    merge = builder.merge;
    constAsEnum = builder.constAsEnum;
    tuplesAsItems = builder.tuplesAsItems;
    inclusiveBounds = builder.inclusiveBounds;
    objectAtRoot = builder.objectAtRoot;
  }

  /** Returns a builder of a rewriter that changes nothing. */
  public static Builder builder() {
    return new Builder();
  }

  /** Rewrites a schema. */
  public Result rewrite(JsonObject schema) {
    return new SchemaRewriting(this, schema).result();
  }

  /** The subset of a provider. */
  public static final class Builder {
    private Set<String> kept;
    private Set<String> removed = Set.of();
    private final Map<String, String> renamed = new HashMap<>();
    private Types types = Types.LIST;
    private boolean inline;
    private boolean merge;
    private boolean constAsEnum;
    private boolean tuplesAsItems;
    private boolean inclusiveBounds;
    private boolean objectAtRoot;

    private Builder() {}

    /** Keeps only these keywords; without this call, all are kept. */
    public Builder keep(String... keywords) {
      kept = Set.of(keywords);
      return this;
    }

    /** Drops these keywords. */
    public Builder drop(String... keywords) {
      removed = Set.of(keywords);
      return this;
    }

    /** Renames a keyword whose value keeps its form, such as {@code oneOf} to {@code anyOf}. */
    public Builder rename(String keyword, String other) {
      renamed.put(keyword, other);
      return this;
    }

    /**
     * Replaces {@code $ref} by the definition to which it refers. A recursive schema is unrolled to
     * a limited depth, below which only the type of the definition is kept. There, and without a
     * definition, {@code $ref} counts as dropped.
     */
    public Builder inlineReferences() {
      inline = true;
      return this;
    }

    /** Merges {@code allOf} into the schema it is part of. */
    public Builder mergeAllOf() {
      merge = true;
      return this;
    }

    /** Writes {@code const} as {@code enum} with one value. */
    public Builder constAsEnum() {
      constAsEnum = true;
      return this;
    }

    /** Sets the form of several types; the default is a list. */
    public Builder types(Types types) {
      this.types = types;
      return this;
    }

    /** Replaces {@code prefixItems} by {@code items} that match any of them. */
    public Builder tuplesAsItems() {
      tuplesAsItems = true;
      return this;
    }

    /**
     * Writes {@code exclusiveMinimum} and {@code exclusiveMaximum} as {@code minimum} and {@code
     * maximum}: the next integer, or the same number, which then counts as dropped.
     */
    public Builder inclusiveBounds() {
      inclusiveBounds = true;
      return this;
    }

    /**
     * Makes the root an object with properties, possibly none, as required for arguments of tools.
     */
    public Builder objectAtRoot() {
      objectAtRoot = true;
      return this;
    }

    public SchemaRewriter build() {
      return new SchemaRewriter(this);
    }
  }
}
