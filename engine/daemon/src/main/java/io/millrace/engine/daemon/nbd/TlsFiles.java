package io.millrace.engine.daemon.nbd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * PEM files of a server that wants its clients to prove who they are.
 *
 * @param certificate the server's, and those between it and the CA
 * @param key its private key, PKCS #8, not encrypted
 * @param authority of which clients' certificates must be
 */
public record TlsFiles(Path certificate, Path key, Path authority) {
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";
  private static final char[] NO_PASSWORD = new char[0];

  /** Whether they can be used; throws when not. */
  public void check() throws IOException {
    var _ = context();
  }

  /** Reads them; a failure names the file and what is wrong with it. */
  SSLContext context() throws IOException {
    try {
      Certificate[] chain = certificates(certificate).toArray(Certificate[]::new);
      KeyStore own = empty();
      own.setKeyEntry("millrace", privateKey(chain[0].getPublicKey()), NO_PASSWORD, chain);
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, NO_PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS with " + certificate + ": " + e.getMessage(), e);
    }
  }

  private static KeyStore empty() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    return store;
  }

  private TrustManager[] trust() throws GeneralSecurityException, IOException {
    KeyStore trusted = empty();
    int number = 0;
    for (Certificate one : certificates(authority)) {
      trusted.setCertificateEntry("ca" + number++, one);
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    return Arrays.stream(trust.getTrustManagers())
        .map(UnnamedAuthorities::of)
        .toArray(TrustManager[]::new);
  }

  private static Collection<? extends Certificate> certificates(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      var found = CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (found.isEmpty()) {
        throw new IOException(file + " has no certificate");
      }
      return found;
    } catch (GeneralSecurityException e) {
      throw new IOException(file + " has no certificate in PEM: " + e.getMessage(), e);
    }
  }

  private PrivateKey privateKey(PublicKey mate) throws IOException {
    String text = Files.readString(key);
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IOException(
          key + " has no unencrypted PKCS #8 key; make one: openssl pkcs8 -topk8 -nodes -in KEY");
    }
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(text.substring(begin + BEGIN.length(), end));
      PrivateKey read =
          KeyFactory.getInstance(mate.getAlgorithm())
              .generatePrivate(new PKCS8EncodedKeySpec(encoded));
      if (!belongs(read, mate)) {
        throw new IOException(key + " is not the key of " + certificate);
      }
      return read;
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(key + " is not the key of " + certificate + ": " + e.getMessage(), e);
    }
  }

  private static boolean belongs(PrivateKey key, PublicKey mate) throws GeneralSecurityException {
    String algorithm =
        switch (mate.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> mate.getAlgorithm();
        };
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update((byte) 1);
    byte[] signed = signature.sign();
    signature.initVerify(mate);
    signature.update((byte) 1);
    return signature.verify(signed);
  }
}
