package io.llmrelay.config;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.Model;
import io.llmrelay.catalog.ModelResolver;
import io.llmrelay.chat.Affinity;
import io.llmrelay.chat.CandidateName;
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
 * The configuration of a relay. Everything has a default except the backends, which are discovered
 * if a known provider's key is in the environment.
 *
 * <p>Options are set by a program, or read from {@linkplain #fromFile a file} or from {@linkplain
 * #fromConfig a verticle's JSON}. {@link #resolved} applies defaults and validates them; {@link
 * io.llmrelay.RelayVerticle} calls it.
 */
public class RelayOptions {
  /** The default of {@link #getCommit}. */
  public static final CommitPoint DEFAULT_COMMIT = CommitPoint.FIRST_CHUNK;

  /** The default of {@link #getPrefer}. */
  public static final Prefer DEFAULT_PREFER = Prefer.ORDER;

  /** The largest number of lanes. */
  public static final int MAX_LANES = 256;

  /**
   * The default grace period: below the 30 seconds after which container platforms kill a process.
   */
  public static final Duration DEFAULT_SHUTDOWN_GRACE = Duration.ofSeconds(25);

  /** The default of {@link #getMaxRequests}. */
  public static final int DEFAULT_MAX_REQUESTS = 20_000;

  /**
   * The default timeouts: connect 2 s, head and first chunk 10 s (60 s for a {@linkplain
   * Timeouts#REASONING_FIRST_CHUNK reasoning model}), stall 30 s, total 300 s.
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
  private Map<String, AliasOptions> aliases = new LinkedHashMap<>();
  private List<Affinity> affinity = List.of();
  private Prefer prefer = DEFAULT_PREFER;
  private CommitPoint commit = DEFAULT_COMMIT;
  private Timeouts timeouts = Timeouts.UNSET;
  private int maxRequests = DEFAULT_MAX_REQUESTS;
  private RetryOptions retries = new RetryOptions();
  private LimitsOptions limits = new LimitsOptions();
  private CircuitOptions circuit = new CircuitOptions();
  private QueueOptions queue = new QueueOptions();
  private OverloadOptions overload = new OverloadOptions();
  private ExhaustionOptions exhaustion = new ExhaustionOptions();
  private LatchOptions latch = new LatchOptions();
  private HedgeOptions hedge = new HedgeOptions();
  private ResumeOptions resume = new ResumeOptions();
  private LoggingOptions logging = new LoggingOptions();
  private MetricsOptions metrics = new MetricsOptions();
  private TracingOptions tracing = new TracingOptions();
  private BusOptions bus = new BusOptions();
  private ClusterOptions cluster;
  private List<ModelOptions> catalog = List.of();
  private String stateFile;
  private Integer lanes;
  private Duration shutdownGrace = DEFAULT_SHUTDOWN_GRACE;

  /** The name of these options in error messages. */
  @JsonIgnore private String source = "options";

  /** Creates options with the defaults. */
  public RelayOptions() {}

  /** Creates a copy of other options. */
  public RelayOptions(RelayOptions other) {
    gateway = other.gateway == null ? null : new GatewayOptions(other.gateway);
    other.backends.forEach((name, backend) -> backends.put(name, new BackendOptions(backend)));
    discover = other.discover;
    fallback = other.fallback;
    other.aliases.forEach((name, alias) -> aliases.put(name, new AliasOptions(alias)));
    affinity = other.affinity;
    prefer = other.prefer;
    commit = other.commit;
    timeouts = other.timeouts;
    maxRequests = other.maxRequests;
    retries = new RetryOptions(other.retries);
    limits = new LimitsOptions(other.limits);
    circuit = new CircuitOptions(other.circuit);
    queue = new QueueOptions(other.queue);
    overload = new OverloadOptions(other.overload);
    exhaustion = new ExhaustionOptions(other.exhaustion);
    latch = new LatchOptions(other.latch);
    hedge = new HedgeOptions(other.hedge);
    resume = new ResumeOptions(other.resume);
    logging = new LoggingOptions(other.logging);
    metrics = new MetricsOptions(other.metrics);
    tracing = new TracingOptions(other.tracing);
    bus = new BusOptions(other.bus);
    cluster = other.cluster == null ? null : new ClusterOptions(other.cluster);
    catalog = other.catalog;
    stateFile = other.stateFile;
    lanes = other.lanes;
    shutdownGrace = other.shutdownGrace;
    source = other.source;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it. {@code ${ENV}} is not expanded; see
   * {@link #fromConfig}.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public RelayOptions(JsonObject json) {
    this(ConfigReader.read(json, RelayOptions.class));
  }

  /** Returns these options as JSON, API keys included: not for logs. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /**
   * Reads options from a file: JSON if it is named {@code *.json}, YAML otherwise.
   *
   * @param env the environment variables, for {@code ${NAME}} and {@code ${NAME:default}} and for
   *     the keys of known providers
   * @return completed and checked options, possibly without a backend
   * @throws ConfigException with all problems
   */
  public static RelayOptions fromFile(Path file, Map<String, String> env) {
    Problems problems = new Problems(file.toString());
    RelayOptions options = ConfigReader.read(file, env, RelayOptions.class, problems);
    Path folder = file.toAbsolutePath().getParent();
    return options.complete(env, folder, problems);
  }

  /**
   * Reads options from the JSON config of a deployment.
   *
   * @param source its name in error messages, such as {@code deployment config}
   * @param env as for {@link #fromFile}
   * @return completed and checked options, possibly without a backend
   * @throws ConfigException with all problems
   */
  public static RelayOptions fromConfig(JsonObject config, String source, Map<String, String> env) {
    Problems problems = new Problems(source);
    RelayOptions options = ConfigReader.read(config, env, RelayOptions.class, problems);
    return options.complete(env, Path.of(""), problems);
  }

  /**
   * Returns a completed and checked copy: with providers' defaults, key files read and backends
   * discovered. It has at least one backend, and a gateway that other machines can reach has keys
   * or allows anonymous access explicitly. Resolving again changes nothing.
   *
   * @param env the environment variables with the keys of known providers
   * @throws ConfigException with all problems
   */
  public RelayOptions resolved(Map<String, String> env) {
    Problems problems = new Problems(source);
    RelayOptions copy = new RelayOptions(this).complete(env, Path.of(""), problems);
    OptionsCheck.requireBackend(copy, problems);
    GatewayCheck.checkAccess(copy.gateway, problems);
    problems.throwIfAny();
    return copy;
  }

  private RelayOptions complete(Map<String, String> env, Path folder, Problems problems) {
    boolean whole = problems.isEmpty();
    source = problems.source();
    if (stateFile != null && !stateFile.isBlank()) {
      stateFile = folder.resolve(stateFile).toString();
    }
    if (gateway != null) {
      gateway.resolvePaths(folder);
    }
    if (cluster != null) {
      cluster.resolvePaths(folder);
    }
    new BackendResolver(env, folder, this::isHere, problems).resolve(backends, isDiscover());
    OptionsCheck.check(this, whole, problems);
    problems.throwIfAny();
    return this;
  }

  /** Returns the HTTP gateway; {@code null}, the default, for none. */
  public GatewayOptions getGateway() {
    return gateway;
  }

  /** Sets the HTTP gateway. */
  public RelayOptions setGateway(GatewayOptions gateway) {
    this.gateway = gateway;
    return this;
  }

  /** Returns the backends by name, in the order in which they were added. */
  public Map<String, BackendOptions> getBackends() {
    return backends;
  }

  /** Sets the backends by name, in the order in which they were added. */
  public RelayOptions setBackends(Map<String, BackendOptions> backends) {
    this.backends = new LinkedHashMap<>(backends);
    return this;
  }

  /**
   * Adds a backend after the others.
   *
   * @param name letters, digits, {@code -} and {@code _}, at most 64
   */
  public RelayOptions addBackend(String name, BackendOptions backend) {
    backends.put(name, backend);
    return this;
  }

  /**
   * Returns whether this node sends the requests to a backend; otherwise nodes of the name {@link
   * BackendOptions#getNode} do.
   */
  public boolean isHere(BackendOptions backend) {
    return backend.getNode() == null
        || (cluster != null && backend.getNode().equals(cluster.getNode()));
  }

  /**
   * Returns whether a backend is added for each known provider whose key is in the environment; by
   * default only if no backend is configured.
   */
  public boolean isDiscover() {
    return discover == null ? backends.isEmpty() : discover;
  }

  /** Sets whether a backend is added for each known provider whose key is in the environment. */
  public RelayOptions setDiscover(boolean discover) {
    this.discover = discover;
    return this;
  }

  /**
   * Returns the order in which candidates are tried: {@code backend} (the requested model, or the
   * backend's default model), {@code backend/model} or the id of a model that a backend lists. The
   * first is the default backend. By default all backends in their order.
   */
  public List<String> getFallback() {
    return fallback.isEmpty() ? new ArrayList<>(backends.keySet()) : fallback;
  }

  /**
   * Sets the order in which candidates are tried: {@code backend} (the requested model, or the
   * backend's default model), {@code backend/model} or the id of a model that a backend lists.
   */
  public RelayOptions setFallback(List<String> fallback) {
    this.fallback = List.copyOf(fallback);
    return this;
  }

  /** Returns model names of your own, each with the candidates that it stands for. */
  public Map<String, AliasOptions> getAliases() {
    return aliases;
  }

  /** Sets model names of your own, each with the candidates that it stands for. */
  public RelayOptions setAliases(Map<String, AliasOptions> aliases) {
    this.aliases = new LinkedHashMap<>(aliases);
    return this;
  }

  /**
   * Adds an alias whose candidates are tried in order: {@code backend}, {@code backend/model} or
   * the id of a model.
   */
  public RelayOptions addAlias(String name, String... candidates) {
    return addAlias(name, AliasOptions.of(candidates));
  }

  /** Adds an alias. */
  public RelayOptions addAlias(String name, AliasOptions alias) {
    aliases.put(name, alias);
    return this;
  }

  /**
   * Returns what identifies a conversation, whose requests go to the same backend and key because
   * their prompt cache is warm: the first of these that a request has. Empty, the default, if only
   * the hint {@code affinity} of a request does.
   */
  public List<Affinity> getAffinity() {
    return affinity;
  }

  /**
   * Sets what identifies a conversation, whose requests go to the same backend and key because
   * their prompt cache is warm: the first of these that a request has.
   */
  public RelayOptions setAffinity(List<Affinity> affinity) {
    this.affinity = List.copyOf(affinity);
    return this;
  }

  /** Returns the default order of candidates. */
  public Prefer getPrefer() {
    return prefer;
  }

  /** Sets the default order of candidates. */
  public RelayOptions setPrefer(Prefer prefer) {
    this.prefer = prefer;
    return this;
  }

  /** Returns the default commit point. */
  public CommitPoint getCommit() {
    return commit;
  }

  /** Sets the default commit point. */
  public RelayOptions setCommit(CommitPoint commit) {
    this.commit = commit;
    return this;
  }

  /** Returns the default timeouts of requests; none of them is {@code null}. */
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
   * Sets timeouts; {@code null} keeps a default. A first-chunk timeout applies to every model,
   * reasoning models included.
   */
  public RelayOptions setTimeouts(Timeouts timeouts) {
    this.timeouts = timeouts;
    return this;
  }

  /** Returns the maximum number of requests in flight; further ones are refused as overloaded. */
  public int getMaxRequests() {
    return maxRequests;
  }

  /** Sets the maximum number of requests in flight. */
  public RelayOptions setMaxRequests(int maxRequests) {
    this.maxRequests = maxRequests;
    return this;
  }

  /** Returns the retries of the same candidate. */
  public RetryOptions getRetries() {
    return retries;
  }

  /** Sets the retries of the same candidate. */
  public RelayOptions setRetries(RetryOptions retries) {
    this.retries = retries;
    return this;
  }

  /** Returns the upper bounds for the settings of requests. */
  public LimitsOptions getLimits() {
    return limits;
  }

  /** Sets the upper bounds for the settings of requests. */
  public RelayOptions setLimits(LimitsOptions limits) {
    this.limits = limits;
    return this;
  }

  /** Returns when a circuit opens and closes. */
  public CircuitOptions getCircuit() {
    return circuit;
  }

  /** Sets when a circuit opens and closes. */
  public RelayOptions setCircuit(CircuitOptions circuit) {
    this.circuit = circuit;
    return this;
  }

  /** Returns how requests wait for a slot of a backend. */
  public QueueOptions getQueue() {
    return queue;
  }

  /** Sets how requests wait for a slot of a backend. */
  public RelayOptions setQueue(QueueOptions queue) {
    this.queue = queue;
    return this;
  }

  /** Returns when the relay itself is overloaded and refuses requests. */
  public OverloadOptions getOverload() {
    return overload;
  }

  /** Sets when the relay itself is overloaded and refuses requests. */
  public RelayOptions setOverload(OverloadOptions overload) {
    this.overload = overload;
    return this;
  }

  /** Returns the bounds of cooldowns. */
  public ExhaustionOptions getExhaustion() {
    return exhaustion;
  }

  /** Sets the bounds of cooldowns. */
  public RelayOptions setExhaustion(ExhaustionOptions exhaustion) {
    this.exhaustion = exhaustion;
    return this;
  }

  /** Returns what may be held before the commit point. */
  public LatchOptions getLatch() {
    return latch;
  }

  /** Sets what may be held before the commit point. */
  public RelayOptions setLatch(LatchOptions latch) {
    this.latch = latch;
    return this;
  }

  /** Returns when the next candidate starts beside a silent one. */
  public HedgeOptions getHedge() {
    return hedge;
  }

  /** Sets when the next candidate starts beside a silent one. */
  public RelayOptions setHedge(HedgeOptions hedge) {
    this.hedge = hedge;
    return this;
  }

  /** Returns what happens to streams that break off after the commit point. */
  public ResumeOptions getResume() {
    return resume;
  }

  /** Sets what happens to streams that break off after the commit point. */
  public RelayOptions setResume(ResumeOptions resume) {
    this.resume = resume;
    return this;
  }

  /** Returns the options of the log. */
  public LoggingOptions getLogging() {
    return logging;
  }

  /** Sets the options of the log. */
  public RelayOptions setLogging(LoggingOptions logging) {
    this.logging = logging;
    return this;
  }

  /** Returns the options of the meters. */
  public MetricsOptions getMetrics() {
    return metrics;
  }

  /** Sets the options of the meters. */
  public RelayOptions setMetrics(MetricsOptions metrics) {
    this.metrics = metrics;
    return this;
  }

  /** Returns the options of the spans. */
  public TracingOptions getTracing() {
    return tracing;
  }

  /** Sets the options of the spans. */
  public RelayOptions setTracing(TracingOptions tracing) {
    this.tracing = tracing;
    return this;
  }

  /** Returns the relay's addresses on the event bus, and how streams cross it. */
  public BusOptions getBus() {
    return bus;
  }

  /** Sets the relay's addresses on the event bus, and how streams cross it. */
  public RelayOptions setBus(BusOptions bus) {
    this.bus = bus;
    return this;
  }

  /**
   * Returns the cluster that the runnable jar joins; {@code null}, the default, for none. An
   * embedded relay takes part in the cluster of its Vert.x, and fails to deploy with these options
   * if its Vert.x is not clustered.
   */
  public ClusterOptions getCluster() {
    return cluster;
  }

  /** Sets the cluster that the runnable jar joins. */
  public RelayOptions setCluster(ClusterOptions cluster) {
    this.cluster = cluster;
    return this;
  }

  /** Returns models that the built-in catalogue lacks, or that replace its entries. */
  public List<ModelOptions> getCatalog() {
    return catalog;
  }

  /** Sets models that the built-in catalogue lacks, or that replace its entries. */
  public RelayOptions setCatalog(List<ModelOptions> catalog) {
    this.catalog = List.copyOf(catalog);
    return this;
  }

  /** Returns the built-in catalogue, overridden by the models of these options. */
  Catalog toCatalog() {
    return Catalog.builtIn()
        .with(catalog.stream().map(model -> Model.fromJson(model.toJson())).toList());
  }

  /**
   * Returns the first candidate for a name in {@link #getFallback} or {@link #getAliases}, {@code
   * null} if no backend serves it. Its model is {@code null} for a backend without a default model.
   */
  public CandidateName resolve(String candidate) {
    ModelResolver<BackendModels> models = BackendModels.resolver(backends, toCatalog());
    String name = candidate;
    for (int depth = 0; isAlias(name) && depth < aliases.size(); depth++) {
      name = aliases.get(name).getCandidates().get(0).getCandidate();
    }
    ModelResolver.Match<BackendModels> match = models.candidate(name);
    return match == null ? null : new CandidateName(match.backend().name(), match.model());
  }

  /** Returns whether a candidate's name is that of an alias. */
  boolean isAlias(String name) {
    return aliases.containsKey(name) && !backends.containsKey(name);
  }

  /**
   * Returns the file that keeps cooldowns, refused keys and spend over a restart; {@code null}, the
   * default, for none. A relative path is resolved against the folder of the configuration file.
   */
  public String getStateFile() {
    return stateFile;
  }

  /** Sets the file that keeps cooldowns, refused keys and spend over a restart. */
  public RelayOptions setStateFile(String stateFile) {
    this.stateFile = stateFile;
    return this;
  }

  /**
   * Returns how many event loops serve requests, each with its own gateway, coordinator and
   * provider verticles, so that no request changes threads. {@code null}, the default, means one;
   * in the runnable jar, one per processor.
   *
   * <p>The lanes share the state of the backends, and limits of connections and requests count over
   * all of them. Listeners are called on any of the event loops.
   */
  public Integer getLanes() {
    return lanes;
  }

  /**
   * Sets how many event loops serve requests, each with its own gateway, coordinator and provider
   * verticles, so that no request changes threads.
   */
  public RelayOptions setLanes(Integer lanes) {
    this.lanes = lanes;
    return this;
  }

  /**
   * Returns how long a server that is stopping lets requests in flight continue. It refuses new
   * ones meanwhile; requests that take longer end with an error that names the reason.
   */
  public Duration getShutdownGrace() {
    return shutdownGrace;
  }

  /** Sets how long a server that is stopping lets requests in flight continue. */
  public RelayOptions setShutdownGrace(Duration shutdownGrace) {
    this.shutdownGrace = shutdownGrace;
    return this;
  }

  /** Returns the options with keys, hashes of keys, secrets and values of headers masked. */
  @Override
  public String toString() {
    RelayOptions masked = new RelayOptions(this);
    masked.backends.replaceAll((name, backend) -> backend.masked());
    masked.gateway = gateway == null ? null : gateway.masked();
    masked.cluster = cluster == null ? null : cluster.masked();
    return "RelayOptions" + masked.toJson().encode();
  }
}
