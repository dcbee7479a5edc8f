package io.llmrelay.config;

import java.nio.file.Path;

/**
 * The TLS files of a cluster's event bus, in PEM form. Nodes authenticate each other: each presents
 * its certificate, and accepts those that the cluster's own certificate authority has issued.
 */
public class ClusterTlsOptions {
  private String certificate;
  private String key;
  private String ca;

  public ClusterTlsOptions() {}

  public ClusterTlsOptions(ClusterTlsOptions other) {
    certificate = other.certificate;
    key = other.key;
    ca = other.ca;
  }

  /** Returns the file of the node's certificate chain, its own certificate first. */
  public String getCertificate() {
    return certificate;
  }

  public ClusterTlsOptions setCertificate(String certificate) {
    this.certificate = certificate;
    return this;
  }

  /** Returns the file of the certificate's private key, RSA or EC, not encrypted. */
  public String getKey() {
    return key;
  }

  public ClusterTlsOptions setKey(String key) {
    this.key = key;
    return this;
  }

  /** Returns the file of the certificate authority whose certificates only nodes have. */
  public String getCa() {
    return ca;
  }

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
