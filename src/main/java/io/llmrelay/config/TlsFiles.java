package io.llmrelay.config;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.impl.KeyStoreHelper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.List;

/**
 * Looks at the files of a TLS configuration at the start: what is wrong with them would show itself
 * only when the first client calls, and then to the client.
 */
public final class TlsFiles {
  private TlsFiles() {}

  /**
   * Complains about files that cannot be used.
   *
   * @param path the section's key, such as {@code gateway.tls}
   */
  public static void check(String path, TlsOptions tls, Problems problems) {
    byte[] chain = read(path + ".certificate", tls.getCertificate(), problems);
    byte[] key = read(path + ".key", tls.getKey(), problems);
    if (chain == null || key == null) {
      return;
    }
    Certificate certificate = certificate(chain);
    if (certificate == null) {
      problems.add(
          path + ".certificate",
          "names a file without a certificate in PEM form (-----BEGIN CERTIFICATE-----)");
      return;
    }
    String complaint = complaint(chain, key, certificate);
    if (complaint != null) {
      problems.add(path + ".key", complaint);
    }
  }

  private static byte[] read(String at, String file, Problems problems) {
    if (file == null || file.isBlank()) {
      problems.add(at, "is missing: certificate and key must both name a PEM file");
      return null;
    }
    try {
      return Files.readAllBytes(Path.of(file));
    } catch (IOException | InvalidPathException e) {
      problems.add(at, Unreadable.complaint(Path.of(""), file));
      return null;
    }
  }

  private static Certificate certificate(byte[] chain) {
    try {
      Collection<? extends Certificate> certificates =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(chain));
      return certificates.isEmpty() ? null : certificates.iterator().next();
    } catch (CertificateException e) {
      return null;
    }
  }

  private static String complaint(byte[] chain, byte[] key, Certificate certificate) {
    if (new String(key, StandardCharsets.ISO_8859_1).contains("ENCRYPTED")) {
      return "names a private key that is encrypted; it must be there in plain";
    }
    try {
      return sign(privateKey(chain, key), certificate)
          ? null
          : "names a private key that does not belong to the certificate";
    } catch (GeneralSecurityException e) {
      return "names a private key that does not belong to the certificate";
    } catch (Exception e) {
      return "names a file without the certificate's private key, RSA or EC, in PEM form"
          + " (-----BEGIN PRIVATE KEY-----)";
    }
  }

  /** As Vert.x will read it. */
  private static PrivateKey privateKey(byte[] chain, byte[] key) throws Exception {
    KeyStore store =
        KeyStoreHelper.loadKeyCert(List.of(Buffer.buffer(key)), List.of(Buffer.buffer(chain)));
    String alias = store.aliases().nextElement();
    return (PrivateKey) store.getKey(alias, KeyStoreHelper.DUMMY_PASSWORD.toCharArray());
  }

  /** Whether what the one signs, the other verifies. */
  private static boolean sign(PrivateKey key, Certificate certificate)
      throws GeneralSecurityException {
    String algorithm = "EC".equals(key.getAlgorithm()) ? "SHA256withECDSA" : "SHA256withRSA";
    byte[] text = "mine".getBytes(StandardCharsets.US_ASCII);
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(text);
    byte[] signed = signature.sign();
    signature.initVerify(certificate);
    signature.update(text);
    return signature.verify(signed);
  }
}
