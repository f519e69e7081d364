package io.millrace.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BytesTest {
  @ParameterizedTest
  @CsvSource({
    "1,1",
    "10Gi,10737418240",
    "2k,2000",
    "1500m,2",
    "64Ti,70368744177664",
    "65Ti,70368744177664",
    "999999999999999999Ti,70368744177664",
    "9223372036854775808,70368744177664"
  })
  void quantityIsReadAsBytesAndNeverOverflows(String quantity, long bytes) {
    assertEquals(bytes, Bytes.of(quantity));
  }
}
