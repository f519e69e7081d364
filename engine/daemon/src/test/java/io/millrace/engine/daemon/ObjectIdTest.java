package io.millrace.engine.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ObjectIdTest {
  @Test
  void isSixteenHexDigitsBothWays() {
    assertEquals("00000000000000ff", new ObjectId(255).toString());
    assertEquals(Optional.of(new ObjectId(255)), ObjectId.parse("00000000000000ff"));
    assertEquals(Optional.of(new ObjectId(-1)), ObjectId.parse("ffffffffffffffff"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ff", "00000000000000FF", "00000000000000fg", "../../../../etc/"})
  void nothingElseIsAnId(String text) {
    assertEquals(Optional.empty(), ObjectId.parse(text));
  }
}
