package io.llmrelay.config;

/** What the gateway shows to prove who it is: two PEM files, read at the start. */
public class TlsOptions {
  private String certificate;
  private String key;

  public TlsOptions() {}

  public TlsOptions(TlsOptions other) {
    certificate = other.certificate;
    key = other.key;
  }

  /**
   * The certificate, followed by those that vouch for it. A relative path starts at the
   * configuration file's folder.
   */
  public String getCertificate() {
    return certificate;
  }

  public TlsOptions setCertificate(String certificate) {
    this.certificate = certificate;
    return this;
  }

  /** The certificate's private key, RSA or EC, not encrypted. Paths as for the certificate. */
  public String getKey() {
    return key;
  }

  public TlsOptions setKey(String key) {
    this.key = key;
    return this;
  }
}
