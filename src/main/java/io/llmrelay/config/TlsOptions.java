package io.llmrelay.config;

import io.vertx.core.json.JsonObject;

/** The gateway's TLS certificate and key: two PEM files, read at startup. */
public class TlsOptions {
  private String certificate;
  private String key;

  /** Creates options with the defaults. */
  public TlsOptions() {}

  /** Creates a copy of other options. */
  public TlsOptions(TlsOptions other) {
    certificate = other.certificate;
    key = other.key;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public TlsOptions(JsonObject json) {
    this(ConfigReader.read(json, TlsOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /**
   * Returns the file of the certificate chain, the gateway's own certificate first. A relative path
   * is resolved against the configuration file's folder.
   */
  public String getCertificate() {
    return certificate;
  }

  /** Sets the file of the certificate chain, the gateway's own certificate first. */
  public TlsOptions setCertificate(String certificate) {
    this.certificate = certificate;
    return this;
  }

  /**
   * Returns the file of the private key, RSA or EC, not encrypted; paths as for the certificate.
   */
  public String getKey() {
    return key;
  }

  /** Sets the file of the private key, RSA or EC, not encrypted. */
  public TlsOptions setKey(String key) {
    this.key = key;
    return this;
  }
}
