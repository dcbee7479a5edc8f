package io.llmrelay.cli.litellm;

import io.llmrelay.catalog.Capability;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.Model;
import io.llmrelay.catalog.Price;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The entries of the catalogue: prices, context windows and capabilities that the file gives for
 * its models, and those of the model that {@code base_model} names.
 */
final class CatalogEntries {
  private static final Pattern TIER =
      Pattern.compile("(input|output)_cost_per_token_above_(\\d+)k_tokens");

  private static final Map<String, String> PRICES = new LinkedHashMap<>();

  static {
    PRICES.put("input_cost_per_token", "input");
    PRICES.put("output_cost_per_token", "output");
    PRICES.put("cache_read_input_token_cost", "cached-input");
    PRICES.put("cache_creation_input_token_cost", "cache-write");
  }

  private static final Map<String, Capability> CAPABILITIES =
      Map.of(
          "supports_function_calling", Capability.TOOLS,
          "supports_vision", Capability.VISION,
          "supports_reasoning", Capability.REASONING);

  private final Notes notes;
  private final List<Map<String, Object>> entries = new ArrayList<>();
  private final List<Account> owners = new ArrayList<>();

  CatalogEntries(Notes notes) {
    this.notes = notes;
  }

  /** Adds the model of a deployment if the file says anything of its own about it. */
  void add(Account account, String model, Section params, Section info) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("id", model);
    entry.put("provider", "");
    base(entry, info);
    Long window = info.integer("max_input_tokens", 1);
    Long output = info.integer("max_output_tokens", 1);
    if (window != null) {
      entry.put("context-window", window);
    }
    if (output != null) {
      entry.put("max-output", output);
    }
    Map<String, Object> price = price(params, info);
    if (price.containsKey("input") && price.containsKey("output")) {
      entry.put("price", price);
    } else if (!price.isEmpty()) {
      notes.lost(info.path("input_cost_per_token"), "a price needs both, of input and of output");
    }
    capabilities(entry, info);
    boolean known = false;
    for (int i = 0; i < entries.size(); i++) {
      known |= entries.get(i).get("id").equals(model) && owners.get(i) == account;
    }
    if (entry.size() > 2 && !known) {
      entries.add(entry);
      owners.add(account);
    }
  }

  /** Sets what the built-in catalogue knows of the model that is behind a deployment's name. */
  private void base(Map<String, Object> entry, Section info) {
    String base = info.text("base_model");
    if (base == null) {
      return;
    }
    Upstream upstream = Upstream.of(base, null, false);
    String provider = upstream == null ? null : upstream.provider();
    Optional<Model> found =
        Catalog.builtIn()
            .find(
                "azure".equals(provider) ? "openai" : provider,
                upstream == null ? base : upstream.model());
    if (found.isEmpty()) {
      notes.lost(
          info.path("base_model"),
          "the built-in catalogue has no such model; give its price under catalog");
      return;
    }
    Model model = found.get();
    if (model.contextWindow() != null) {
      entry.put("context-window", model.contextWindow());
    }
    if (model.maxOutputTokens() != null) {
      entry.put("max-output", model.maxOutputTokens());
    }
    if (model.price() != null) {
      entry.put("price", toTree(model.price()));
    }
    if (!model.capabilities().isEmpty()) {
      entry.put("capabilities", model.capabilities().stream().map(Capability::code).toList());
    }
  }

  private static Map<String, Object> toTree(Price price) {
    Map<String, Object> tree = toTree(price.input(), price.output(), price.cachedInput());
    if (price.cacheWrite() != null) {
      tree.put("cache-write", price.cacheWrite());
    }
    List<Map<String, Object>> tiers = new ArrayList<>();
    for (Price.Tier tier : price.tiers()) {
      Map<String, Object> each = new LinkedHashMap<>();
      if (tier.fromInputTokens() > 0) {
        each.put("from-input-tokens", tier.fromInputTokens());
      }
      if (tier.from() != null) {
        each.put("from", tier.from().toString());
      }
      each.putAll(toTree(tier.input(), tier.output(), tier.cachedInput()));
      tiers.add(each);
    }
    if (!tiers.isEmpty()) {
      tree.put("tiers", tiers);
    }
    return tree;
  }

  private static Map<String, Object> toTree(double input, double output, Double cachedInput) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("input", input);
    tree.put("output", output);
    if (cachedInput != null) {
      tree.put("cached-input", cachedInput);
    }
    return tree;
  }

  private Map<String, Object> price(Section params, Section info) {
    Map<String, Object> price = new LinkedHashMap<>();
    PRICES.forEach(
        (key, field) -> {
          Double ofParams = params.number(key, 0);
          Double ofInfo = info.number(key, 0);
          Double dollars = ofParams == null ? ofInfo : ofParams;
          if (dollars != null) {
            price.put(field, perMillion(dollars));
          }
        });
    Map<Long, Map<String, Object>> tiers = new TreeMap<>();
    for (Section section : List.of(info, params)) {
      for (String key : section.keys()) {
        Matcher tier = TIER.matcher(key);
        Double dollars = tier.matches() ? section.number(key, 0) : null;
        if (dollars != null) {
          long from = Long.parseLong(tier.group(2)) * 1000 + 1;
          tiers
              .computeIfAbsent(
                  from, first -> new LinkedHashMap<>(Map.of("from-input-tokens", from)))
              .put(tier.group(1), perMillion(dollars));
        }
      }
    }
    tiers
        .values()
        .removeIf(
            tier -> {
              boolean half = !tier.containsKey("input") || !tier.containsKey("output");
              if (half) {
                notes.lost(
                    info.path("input_cost_per_token_above"),
                    "a price needs both, of input and of output");
              }
              return half;
            });
    if (!tiers.isEmpty()) {
      price.put("tiers", new ArrayList<>(tiers.values()));
    }
    params.lost("prices are per token", "input_cost_per_second", "output_cost_per_second");
    info.lost("prices are per token", "input_cost_per_second", "output_cost_per_second");
    return price;
  }

  private static BigDecimal perMillion(double dollarsPerToken) {
    BigDecimal dollars = BigDecimal.valueOf(dollarsPerToken).movePointRight(6).stripTrailingZeros();
    return dollars.scale() < 0 ? dollars.setScale(0) : dollars;
  }

  /** Sets the capabilities if the model lacks one; without them it counts as able to do all. */
  private static void capabilities(Map<String, Object> entry, Section info) {
    Set<Capability> rest = EnumSet.allOf(Capability.class);
    rest.remove(Capability.EMBEDDINGS);
    boolean less = false;
    for (Map.Entry<String, Capability> capability : CAPABILITIES.entrySet()) {
      if (info.has(capability.getKey()) && !info.flag(capability.getKey())) {
        rest.remove(capability.getValue());
        less = true;
      }
    }
    if (less) {
      entry.put("capabilities", rest.stream().map(Capability::code).toList());
    }
    info.keys().stream().filter(key -> key.startsWith("supports_")).forEach(info::passIfTrue);
  }

  /** Names the backends of the entries, once they have names. */
  List<Map<String, Object>> toTree() {
    for (int i = 0; i < entries.size(); i++) {
      entries.get(i).put("provider", owners.get(i).name());
    }
    return entries;
  }
}
