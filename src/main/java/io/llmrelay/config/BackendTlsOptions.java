package io.llmrelay.config;

import io.vertx.core.json.JsonObject;
import java.nio.file.Path;

/**
 * The TLS files of one backend, in PEM form: whom the relay trusts, and who it is. Each is optional
 * but certificate and key need each other.
 */
public class BackendTlsOptions {
  private String ca;
  private String certificate;
  private String key;

  /** Creates options with the defaults. */
  public BackendTlsOptions() {}

  /** Creates a copy of other options. */
  public BackendTlsOptions(BackendTlsOptions other) {
    ca = other.ca;
    certificate = other.certificate;
    key = other.key;
  }

  /**
   * Reads options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public BackendTlsOptions(JsonObject json) {
    this(ConfigReader.read(json, BackendTlsOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /**
   * Returns the file of the certificate authorities that are trusted instead of those of the JDK;
   * {@code null}, the default, for those of the JDK. A relative path is resolved against the
   * configuration file's folder.
   */
  public String getCa() {
    return ca;
  }

  /** Sets the file of the certificate authorities; {@code null} for those of the JDK. */
  public BackendTlsOptions setCa(String ca) {
    this.ca = ca;
    return this;
  }

  /**
   * Returns the file of the client certificate chain, its own certificate first; {@code null}, the
   * default, for none. Paths as for the authorities.
   */
  public String getCertificate() {
    return certificate;
  }

  /** Sets the file of the client certificate chain; {@code null} for none. */
  public BackendTlsOptions setCertificate(String certificate) {
    this.certificate = certificate;
    return this;
  }

  /** Returns the file of the certificate's private key, RSA or EC, not encrypted. */
  public String getKey() {
    return key;
  }

  /** Sets the file of the private key. */
  public BackendTlsOptions setKey(String key) {
    this.key = key;
    return this;
  }

  void resolvePaths(Path folder) {
    ca = TlsFiles.resolved(folder, ca);
    certificate = TlsFiles.resolved(folder, certificate);
    key = TlsFiles.resolved(folder, key);
  }
}
