package io.millrace.operator.template;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.api.v1alpha1.DesktopPoolSpec;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * The hash of what a pool's desktops are made from besides the image: template and storage. It
 * depends on values only, not on the order in which somebody wrote them. Pure.
 */
public final class TemplateHash {
  private static final ObjectMapper CANONICAL =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();
  private static final int HASH_BYTES = 5;

  private TemplateHash() {}

  /** Ten hexadecimal digits. */
  public static String of(DesktopPoolSpec spec) {
    try {
      String json = CANONICAL.writeValueAsString(List.of(spec.template(), spec.storage()));
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(json.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
    } catch (JsonProcessingException | NoSuchAlgorithmException e) {
      throw new IllegalStateException("a template that was read as JSON can be written as JSON", e);
    }
  }
}
