package io.llmrelay.config;

import io.vertx.core.json.JsonObject;
import java.nio.file.Path;

/**
 * The TLS files of a cluster's event bus, in PEM form. Nodes authenticate each other: each presents
 * its certificate, and accepts those that the cluster's own certificate authority has issued.
 */
public class ClusterTlsOptions {
  private String certificate;
  private String key;
  private String ca;

  /** Creates options with the defaults. */
  public ClusterTlsOptions() {}

  /** Creates a copy of other options. */
  public ClusterTlsOptions(ClusterTlsOptions other) {
    certificate = other.certificate;
    key = other.key;
    ca = other.ca;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public ClusterTlsOptions(JsonObject json) {
    this(ConfigReader.read(json, ClusterTlsOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns the file of the node's certificate chain, its own certificate first. */
  public String getCertificate() {
    return certificate;
  }

  /** Sets the file of the node's certificate chain, its own certificate first. */
  public ClusterTlsOptions setCertificate(String certificate) {
    this.certificate = certificate;
    return this;
  }

  /** Returns the file of the certificate's private key, RSA or EC, not encrypted. */
  public String getKey() {
    return key;
  }

  /** Sets the file of the certificate's private key, RSA or EC, not encrypted. */
  public ClusterTlsOptions setKey(String key) {
    this.key = key;
    return this;
  }

  /** Returns the file of the certificate authority whose certificates only nodes have. */
  public String getCa() {
    return ca;
  }

  /** Sets the file of the certificate authority whose certificates only nodes have. */
  public ClusterTlsOptions setCa(String ca) {
    this.ca = ca;
    return this;
  }

  void resolvePaths(Path folder) {
    certificate = TlsFiles.resolved(folder, certificate);
    key = TlsFiles.resolved(folder, key);
    ca = TlsFiles.resolved(folder, ca);
  }
}
