package io.llmrelay.config;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.Model;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.Timeouts;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that can be configured. All of it has a default but the backends, and those are found
 * by themselves where a well-known provider's key is in the environment.
 *
 * <p>Options come from a program, from {@linkplain #fromFile a file} or from {@linkplain
 * #fromConfig a verticle's JSON}. {@link #resolved} completes and checks them; {@link
 * io.llmrelay.RelayVerticle} does that by itself.
 */
public class RelayOptions {
  public static final CommitPoint DEFAULT_COMMIT = CommitPoint.FIRST_CHUNK;
  public static final Prefer DEFAULT_PREFER = Prefer.ORDER;

  public static final int MAX_LANES = 256;

  /** Below the half minute that container platforms wait before they kill. */
  public static final Duration DEFAULT_SHUTDOWN_GRACE = Duration.ofSeconds(25);

  public static final int DEFAULT_MAX_REQUESTS = 20_000;

  /**
   * Connect 2 s, head and first chunk 10 s (60 s for a {@linkplain Timeouts#REASONING_FIRST_CHUNK
   * model that thinks first}), stall 30 s, total 300 s.
   */
  public static final Timeouts DEFAULT_TIMEOUTS =
      new Timeouts(
          Duration.ofSeconds(2),
          null,
          Timeouts.FIRST_CHUNK,
          Duration.ofSeconds(30),
          Duration.ofSeconds(300));

  private GatewayOptions gateway;

  @JsonSetter(contentNulls = Nulls.AS_EMPTY)
  private Map<String, BackendOptions> backends = new LinkedHashMap<>();

  private Boolean discover;
  private List<String> fallback = List.of();
  private Map<String, List<String>> aliases = new LinkedHashMap<>();
  private Prefer prefer = DEFAULT_PREFER;
  private CommitPoint commit = DEFAULT_COMMIT;
  private Timeouts timeouts = Timeouts.UNSET;
  private int maxRequests = DEFAULT_MAX_REQUESTS;
  private RetryOptions retries = new RetryOptions();
  private LimitsOptions limits = new LimitsOptions();
  private CircuitOptions circuit = new CircuitOptions();
  private QueueOptions queue = new QueueOptions();
  private ExhaustionOptions exhaustion = new ExhaustionOptions();
  private LatchOptions latch = new LatchOptions();
  private BusOptions bus = new BusOptions();
  private List<ModelOptions> catalog = List.of();
  private String stateFile;
  private Integer lanes;
  private Duration shutdownGrace = DEFAULT_SHUTDOWN_GRACE;

  /** What error messages call these options. */
  @JsonIgnore private String source = "options";

  public RelayOptions() {}

  public RelayOptions(RelayOptions other) {
    gateway = other.gateway == null ? null : new GatewayOptions(other.gateway);
    other.backends.forEach((name, backend) -> backends.put(name, new BackendOptions(backend)));
    discover = other.discover;
    fallback = other.fallback;
    aliases = new LinkedHashMap<>(other.aliases);
    prefer = other.prefer;
    commit = other.commit;
    timeouts = other.timeouts;
    maxRequests = other.maxRequests;
    retries = new RetryOptions(other.retries);
    limits = new LimitsOptions(other.limits);
    circuit = new CircuitOptions(other.circuit);
    queue = new QueueOptions(other.queue);
    exhaustion = new ExhaustionOptions(other.exhaustion);
    latch = new LatchOptions(other.latch);
    bus = new BusOptions(other.bus);
    catalog = other.catalog;
    stateFile = other.stateFile;
    lanes = other.lanes;
    shutdownGrace = other.shutdownGrace;
    source = other.source;
  }

  /**
   * Options as {@link #toJson} writes them, taken literally: see {@link #fromConfig} for {@code
   * ${ENV}}.
   *
   * @throws ConfigException where there is an unknown key or a value of the wrong form in it
   */
  public RelayOptions(JsonObject json) {
    this(ConfigReader.read(json, RelayOptions.class));
  }

  /** These options with their keys: not for logs. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /**
   * Options from a file: JSON if it is named {@code *.json}, YAML otherwise.
   *
   * @param env what {@code ${NAME}} and {@code ${NAME:default}} stand for, and where well-known
   *     providers' keys are looked for
   * @return completed and checked options, maybe without a backend
   * @throws ConfigException with everything that is wrong
   */
  public static RelayOptions fromFile(Path file, Map<String, String> env) {
    Problems problems = new Problems(file.toString());
    RelayOptions options = ConfigReader.read(file, env, RelayOptions.class, problems);
    Path folder = file.toAbsolutePath().getParent();
    return options.complete(env, folder, problems);
  }

  /**
   * Options from JSON that a deployment brings.
   *
   * @param source what error messages call it, such as {@code deployment config}
   * @param env as for {@link #fromFile}
   * @return completed and checked options, maybe without a backend
   * @throws ConfigException with everything that is wrong
   */
  public static RelayOptions fromConfig(JsonObject config, String source, Map<String, String> env) {
    Problems problems = new Problems(source);
    RelayOptions options = ConfigReader.read(config, env, RelayOptions.class, problems);
    return options.complete(env, Path.of(""), problems);
  }

  /**
   * A copy that is complete and checked: providers' defaults filled in, key files read, backends
   * discovered. There is at least one backend in it, and a gateway that other machines can reach
   * has keys or says that it wants none. Resolving again changes nothing.
   *
   * @param env where well-known providers' keys are looked for
   * @throws ConfigException with everything that is wrong
   */
  public RelayOptions resolved(Map<String, String> env) {
    Problems problems = new Problems(source);
    RelayOptions copy = new RelayOptions(this).complete(env, Path.of(""), problems);
    OptionsCheck.hasBackend(copy, problems);
    GatewayCheck.isGuarded(copy.gateway, problems);
    problems.throwIfAny();
    return copy;
  }

  private RelayOptions complete(Map<String, String> env, Path folder, Problems problems) {
    problems.throwIfAny();
    source = problems.source();
    if (stateFile != null && !stateFile.isBlank()) {
      stateFile = folder.resolve(stateFile).toString();
    }
    if (gateway != null) {
      gateway.resolvePaths(folder);
    }
    new BackendResolver(env, folder, problems).resolve(backends, isDiscover());
    OptionsCheck.check(this, problems);
    problems.throwIfAny();
    return this;
  }

  /** The HTTP front; {@code null}, the default, for none. */
  public GatewayOptions getGateway() {
    return gateway;
  }

  public RelayOptions setGateway(GatewayOptions gateway) {
    this.gateway = gateway;
    return this;
  }

  /** The backends by name, in the order they were given. */
  public Map<String, BackendOptions> getBackends() {
    return backends;
  }

  public RelayOptions setBackends(Map<String, BackendOptions> backends) {
    this.backends = new LinkedHashMap<>(backends);
    return this;
  }

  /**
   * Adds a backend behind the others.
   *
   * @param name letters, digits, {@code -} and {@code _}, at most 64
   */
  public RelayOptions addBackend(String name, BackendOptions backend) {
    backends.put(name, backend);
    return this;
  }

  /**
   * Whether a backend is added for each well-known provider whose key is in the environment; by
   * default only where no backend is configured.
   */
  public boolean isDiscover() {
    return discover == null ? backends.isEmpty() : discover;
  }

  public RelayOptions setDiscover(boolean discover) {
    this.discover = discover;
    return this;
  }

  /**
   * The order in which candidates are tried: {@code backend} (its default model, or the model asked
   * for), {@code backend/model} or the id of a model that a backend lists. The first is the default
   * backend. By default all backends in their order.
   */
  public List<String> getFallback() {
    return fallback.isEmpty() ? new ArrayList<>(backends.keySet()) : fallback;
  }

  public RelayOptions setFallback(List<String> fallback) {
    this.fallback = List.copyOf(fallback);
    return this;
  }

  /** Model names of one's own, each with the candidates that serve it, in order. */
  public Map<String, List<String>> getAliases() {
    return aliases;
  }

  public RelayOptions setAliases(Map<String, List<String>> aliases) {
    this.aliases = new LinkedHashMap<>(aliases);
    return this;
  }

  /** What orders the candidates of a request that does not say. */
  public Prefer getPrefer() {
    return prefer;
  }

  public RelayOptions setPrefer(Prefer prefer) {
    this.prefer = prefer;
    return this;
  }

  /** The commit point of a stream that does not say. */
  public CommitPoint getCommit() {
    return commit;
  }

  public RelayOptions setCommit(CommitPoint commit) {
    this.commit = commit;
    return this;
  }

  /** The timeouts of a request that does not say; none is {@code null}. */
  public Timeouts getTimeouts() {
    Timeouts all = timeouts.or(DEFAULT_TIMEOUTS);
    return all.or(new Timeouts(null, all.firstChunk(), null, null, null));
  }

  /**
   * Returns the timeouts that the coordinator applies. The first-chunk timeout is {@code null}
   * where its default depends on the model. The head timeout is {@code null} unless it is shorter
   * than the first-chunk timeout, because a request may extend the latter.
   */
  public Timeouts runTimeouts() {
    Timeouts all = timeouts.or(DEFAULT_TIMEOUTS);
    Duration head = timeouts.head();
    Duration first = timeouts.firstChunk();
    boolean shorter = head != null && (first == null || head.compareTo(first) < 0);
    return new Timeouts(all.connect(), shorter ? head : null, first, all.stall(), all.total());
  }

  /**
   * Sets timeouts; a {@code null} among them leaves the default. A first-chunk timeout holds for
   * every model, those that think before they answer included.
   */
  public RelayOptions setTimeouts(Timeouts timeouts) {
    this.timeouts = timeouts;
    return this;
  }

  /** Most requests in flight; one more is refused as overloaded. */
  public int getMaxRequests() {
    return maxRequests;
  }

  public RelayOptions setMaxRequests(int maxRequests) {
    this.maxRequests = maxRequests;
    return this;
  }

  public RetryOptions getRetries() {
    return retries;
  }

  public RelayOptions setRetries(RetryOptions retries) {
    this.retries = retries;
    return this;
  }

  /** The most that a request may ask for. */
  public LimitsOptions getLimits() {
    return limits;
  }

  public RelayOptions setLimits(LimitsOptions limits) {
    this.limits = limits;
    return this;
  }

  public CircuitOptions getCircuit() {
    return circuit;
  }

  public RelayOptions setCircuit(CircuitOptions circuit) {
    this.circuit = circuit;
    return this;
  }

  public QueueOptions getQueue() {
    return queue;
  }

  public RelayOptions setQueue(QueueOptions queue) {
    this.queue = queue;
    return this;
  }

  public ExhaustionOptions getExhaustion() {
    return exhaustion;
  }

  public RelayOptions setExhaustion(ExhaustionOptions exhaustion) {
    this.exhaustion = exhaustion;
    return this;
  }

  public LatchOptions getLatch() {
    return latch;
  }

  public RelayOptions setLatch(LatchOptions latch) {
    this.latch = latch;
    return this;
  }

  public BusOptions getBus() {
    return bus;
  }

  public RelayOptions setBus(BusOptions bus) {
    this.bus = bus;
    return this;
  }

  /** Models the built-in catalogue does not know, or knows otherwise. */
  public List<ModelOptions> getCatalog() {
    return catalog;
  }

  public RelayOptions setCatalog(List<ModelOptions> catalog) {
    this.catalog = List.copyOf(catalog);
    return this;
  }

  /** Returns the catalogue: the built-in one with {@link #getCatalog} on top. */
  public Catalog toCatalog() {
    return Catalog.builtIn()
        .with(catalog.stream().map(model -> Model.fromJson(model.toJson())).toList());
  }

  /**
   * A file in which exhaustion, refused keys and spend survive a restart; {@code null}, the
   * default, for none. A relative path starts at the configuration file's folder.
   */
  public String getStateFile() {
    return stateFile;
  }

  public RelayOptions setStateFile(String stateFile) {
    this.stateFile = stateFile;
    return this;
  }

  /**
   * How many event loops serve requests, each with a gateway, a coordinator and provider verticles
   * of its own, so that no request changes its thread. {@code null}, the default, for one, and for
   * one per processor in the runnable jar.
   *
   * <p>Every lane's coordinator judges the backends for itself and tells the others what it learnt,
   * as several nodes would; connections and requests in flight are shared out among the lanes.
   * Hooks are called on any of the event loops.
   */
  public Integer getLanes() {
    return lanes;
  }

  public RelayOptions setLanes(Integer lanes) {
    this.lanes = lanes;
    return this;
  }

  /**
   * How long a server that is asked to stop lets running requests go on. It takes no new ones then;
   * what runs longer ends with an error that says so.
   */
  public Duration getShutdownGrace() {
    return shutdownGrace;
  }

  public RelayOptions setShutdownGrace(Duration shutdownGrace) {
    this.shutdownGrace = shutdownGrace;
    return this;
  }

  /** With the keys, their hashes and the headers' values hidden. */
  @Override
  public String toString() {
    RelayOptions masked = new RelayOptions(this);
    masked.backends.replaceAll((name, backend) -> backend.masked());
    masked.gateway = gateway == null ? null : gateway.masked();
    return "RelayOptions" + masked.toJson().encode();
  }
}
