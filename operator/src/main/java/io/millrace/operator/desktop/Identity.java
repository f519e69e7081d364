package io.millrace.operator.desktop;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;

/**
 * What a guest sees of its slot: the same after every reset, update and re-creation, so that DHCP,
 * directory and licence servers know it again. Pure.
 *
 * @param firmwareUuid SMBIOS UUID
 */
record Identity(String namespace, String pool, int slot, UUID firmwareUuid) {
  static Identity of(String namespace, String pool, int slot) {
    return new Identity(
        namespace,
        pool,
        slot,
        UUID.nameUUIDFromBytes(bytes("millrace.io/" + namespace + "/" + pool + "/" + slot)));
  }

  /** A locally administered unicast address for the nth network interface. */
  String macAddress(int networkInterface) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(bytes(firmwareUuid + "/" + networkInterface));
      hash[0] = (byte) ((hash[0] & 0xfc) | 0x02);
      return HexFormat.ofDelimiter(":").formatHex(hash, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
