package io.llmrelay.config;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.X509KeyManager;

/**
 * Checks the files of a TLS configuration at startup. Otherwise a problem would appear only when
 * the first client connects.
 */
final class TlsFiles {
  private static final String NO_CERTIFICATE =
      "names a file without a certificate in PEM form (-----BEGIN CERTIFICATE-----)";

  private static final String BOTH = "certificate and key must both name a PEM file";
  private static final String ALL = "certificate, key and ca must each name a PEM file";

  private TlsFiles() {}

  /**
   * Adds a problem for each unusable file.
   *
   * @param path the section's key, such as {@code gateway.tls}
   */
  static void check(String path, TlsOptions tls, Problems problems) {
    check(path, BOTH, tls.getCertificate(), tls.getKey(), problems);
  }

  /** As {@link #check(String, TlsOptions, Problems)}, with the certificate authority. */
  static void check(String path, ClusterTlsOptions tls, Problems problems) {
    check(path, ALL, tls.getCertificate(), tls.getKey(), problems);
    byte[] ca = read(path + ".ca", ALL, tls.getCa(), problems);
    if (ca != null && certificate(ca) == null) {
      problems.add(path + ".ca", NO_CERTIFICATE);
    }
  }

  /** As {@link #check(String, TlsOptions, Problems)}, for files that are optional. */
  static void check(String path, BackendTlsOptions tls, Problems problems) {
    if (tls.getCertificate() != null || tls.getKey() != null) {
      check(path, BOTH, tls.getCertificate(), tls.getKey(), problems);
    }
    if (tls.getCa() != null) {
      byte[] ca = read(path + ".ca", "ca must name a PEM file", tls.getCa(), problems);
      if (ca != null && certificate(ca) == null) {
        problems.add(path + ".ca", NO_CERTIFICATE);
      }
    }
  }

  /** Resolves a path against a folder; an invalid one is returned as it is, for the check. */
  static String resolved(Path folder, String file) {
    try {
      return file == null ? null : folder.resolve(file).toString();
    } catch (InvalidPathException e) {
      return file;
    }
  }

  private static void check(
      String path, String rule, String certificateFile, String keyFile, Problems problems) {
    byte[] chain = read(path + ".certificate", rule, certificateFile, problems);
    byte[] key = read(path + ".key", rule, keyFile, problems);
    if (chain == null || key == null) {
      return;
    }
    Certificate certificate = certificate(chain);
    if (certificate == null) {
      problems.add(path + ".certificate", NO_CERTIFICATE);
      return;
    }
    String problem = keyProblem(chain, key, certificate);
    if (problem != null) {
      problems.add(path + ".key", problem);
    }
  }

  private static byte[] read(String at, String rule, String file, Problems problems) {
    if (file == null || file.isBlank()) {
      problems.add(at, "is missing: " + rule);
      return null;
    }
    try {
      return Files.readAllBytes(Path.of(file));
    } catch (IOException | InvalidPathException e) {
      problems.add(at, UnreadableFile.problem(Path.of(""), file));
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

  /** Returns the problem with a private key; {@code null} if there is none. */
  private static String keyProblem(byte[] chain, byte[] key, Certificate certificate) {
    if (new String(key, StandardCharsets.ISO_8859_1).contains("ENCRYPTED")) {
      return "names an encrypted private key; it must not be encrypted";
    }
    try {
      return matches(privateKey(chain, key, certificate), certificate)
          ? null
          : "names a private key that does not belong to the certificate";
    } catch (GeneralSecurityException e) {
      return "names a private key that does not belong to the certificate";
    } catch (Exception e) {
      return "names a file without the certificate's private key, RSA or EC, in PEM form"
          + " (-----BEGIN PRIVATE KEY-----)";
    }
  }

  /** Reads the private key in the same way as Vert.x. */
  private static PrivateKey privateKey(byte[] chain, byte[] key, Certificate certificate)
      throws Exception {
    PemKeyCertOptions pem =
        new PemKeyCertOptions().setKeyValue(Buffer.buffer(key)).setCertValue(Buffer.buffer(chain));
    // A Vert.x instance is needed only to read files by path.
    X509KeyManager keys = (X509KeyManager) pem.getKeyManagerFactory(null).getKeyManagers()[0];
    String algorithm = certificate.getPublicKey().getAlgorithm();
    return keys.getPrivateKey(keys.getServerAliases(algorithm, null)[0]);
  }

  /** Returns whether the certificate verifies a signature made with the key. */
  private static boolean matches(PrivateKey key, Certificate certificate)
      throws GeneralSecurityException {
    String algorithm = "EC".equals(key.getAlgorithm()) ? "SHA256withECDSA" : "SHA256withRSA";
    byte[] text = "signed".getBytes(StandardCharsets.US_ASCII);
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(text);
    byte[] signed = signature.sign();
    signature.initVerify(certificate);
    signature.update(text);
    return signature.verify(signed);
  }
}
