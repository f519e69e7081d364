package io.millrace.csi.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HandleTest {
  private static final String TEXT = "v1.0b7f3c52-6a0e-4d7c-9f55-1d2b3a4c5d6e.00000000000000ff";

  @Test
  void textAndHandleAreOneAnother() {
    var handle = new Handle("0b7f3c52-6a0e-4d7c-9f55-1d2b3a4c5d6e", "00000000000000ff");
    assertEquals(TEXT, handle.toString());
    assertEquals(Optional.of(handle), Handle.parse(TEXT));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "v1",
        "v2.0b7f3c52-6a0e-4d7c-9f55-1d2b3a4c5d6e.00000000000000ff",
        "v1.0b7f3c52-6a0e-4d7c-9f55-1d2b3a4c5d6e.ff",
        "v1.0B7F3C52-6A0E-4D7C-9F55-1D2B3A4C5D6E.00000000000000ff",
        "v1.0b7f3c52-6a0e-4d7c-9f55-1d2b3a4c5d6e.00000000000000ff\n",
        "v1.0b7f3c52-6a0e-4d7c-9f55-1d2b3a4c5d6e.00000000000000ff/../x",
        "v1.../../etc/passwd.00000000000000ff",
      })
  void anyOtherShapeNamesNothing(String text) {
    assertEquals(Optional.empty(), Handle.parse(text));
  }
}
