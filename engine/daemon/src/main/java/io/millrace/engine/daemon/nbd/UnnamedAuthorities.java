package io.millrace.engine.daemon.nbd;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts what another trusts, but does not tell clients whom that is.
 *
 * <p>GnuTLS, which QEMU and libnbd are built on, chooses by the names that the server gives, and
 * then passes over a certificate with an RSA key when the server takes RSA-PSS signatures only, as
 * ours does with TLS 1.3. Given no names it shows the one certificate that it has.
 */
final class UnnamedAuthorities extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager trust;

  private UnnamedAuthorities(X509ExtendedTrustManager trust) {
    this.trust = trust;
  }

  static TrustManager of(TrustManager trust) {
    return new UnnamedAuthorities((X509ExtendedTrustManager) trust);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String keyType)
      throws CertificateException {
    trust.checkClientTrusted(chain, keyType);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String keyType, Socket socket)
      throws CertificateException {
    trust.checkClientTrusted(chain, keyType, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String keyType, SSLEngine engine)
      throws CertificateException {
    trust.checkClientTrusted(chain, keyType, engine);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String keyType)
      throws CertificateException {
    trust.checkServerTrusted(chain, keyType);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String keyType, Socket socket)
      throws CertificateException {
    trust.checkServerTrusted(chain, keyType, socket);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String keyType, SSLEngine engine)
      throws CertificateException {
    trust.checkServerTrusted(chain, keyType, engine);
  }
}
