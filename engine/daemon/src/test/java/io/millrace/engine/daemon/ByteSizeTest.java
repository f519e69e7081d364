package io.millrace.engine.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "4096, 4096",
    "4096B, 4096",
    "512KiB, 524288",
    "10GiB, 10737418240",
    "10G, 10737418240",
    "10Gi, 10737418240",
    "10gib, 10737418240",
    "10GB, 10000000000",
    "1.5TiB, 1649267441664"
  })
  void reads(String text, long bytes) {
    assertEquals(bytes, ByteSize.parse(text).bytes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "GiB", "-1", "10 apples", "10iB", "9000PiB", "1e9"})
  void refuses(String text) {
    assertThrows(IllegalArgumentException.class, () -> ByteSize.parse(text));
  }

  @Test
  void printsTheLargestUnit() {
    assertEquals("512 B", new ByteSize(512).toString());
    assertEquals("10 GiB", new ByteSize(10L << 30).toString());
    assertEquals("1.5 KiB", new ByteSize(1536).toString());
  }
}
