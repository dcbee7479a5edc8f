package io.llmrelay.config;

/** The gateway's TLS certificate and key: two PEM files, read at startup. */
public class TlsOptions {
  private String certificate;
  private String key;

  public TlsOptions() {}

  public TlsOptions(TlsOptions other) {
    certificate = other.certificate;
    key = other.key;
  }

  /**
   * Returns the file of the certificate chain, the gateway's own certificate first. A relative path
   * is resolved against the configuration file's folder.
   */
  public String getCertificate() {
    return certificate;
  }

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

  public TlsOptions setKey(String key) {
    this.key = key;
    return this;
  }
}
