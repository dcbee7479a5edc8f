package io.llmrelay.provider;

import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Brings JSON schemas into the subset that a provider accepts. The subset is data, stated with the
 * {@link Builder}; what it lacks is rewritten into something equivalent where there is such, and
 * otherwise dropped, which permits more than the original schema and never less.
 *
 * <p>Immutable and thread-safe. A schema that is rewritten is not changed.
 *
 * <pre>{@code
 * SchemaRewriter.builder().inlineReferences().constAsEnum().keep("type", "enum").build()
 * }</pre>
 */
public final class SchemaRewriter {

  /** How a schema with several types is written. */
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
   * @param dropped the keywords that the subset lacks and that were in use, sorted
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

    /** Drops all keywords but these; without this call, all are kept. */
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
     * Replaces {@code $ref} by the definition it points to. A recursive schema is unrolled to a
     * limited depth, below which only the type of the definition is left; {@code $ref} counts as
     * dropped then, as it does if it points nowhere.
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

    /** Chooses how several types are written; by default as a list. */
    public Builder types(Types types) {
      this.types = types;
      return this;
    }

    /** Writes {@code prefixItems} as {@code items} that may be any of them. */
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

    /** Makes the root an object with properties, possibly none, as arguments of tools are. */
    public Builder objectAtRoot() {
      objectAtRoot = true;
      return this;
    }

    public SchemaRewriter build() {
      return new SchemaRewriter(this);
    }
  }
}
