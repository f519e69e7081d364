package io.millrace.csi.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.csi.volume.CsiFailure.Kind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SizeRangeTest {
  @ParameterizedTest(name = "at least {0}, at most {1}: {2}")
  @CsvSource({
    "0,             0,              1073741824",
    "0,             536870912,      536870912",
    "0,             536870913,      536870912",
    "1,             0,              1048576",
    "10485760,      0,              10485760",
    "10485761,      0,              11534336",
    "1000000000,    1000000000000,  1000341504",
    "1000000000,    1000001536,     1000001536",
    "70368744177664, 0,             70368744177664",
  })
  void newVolumesAreRoundedUpToAMebibyteOrToTheLimit(long required, long limit, long expected) {
    assertEquals(expected, new SizeRange(required, limit).sizeOfNew());
  }

  @ParameterizedTest
  @CsvSource({"0, 1000", "70368744177665, 0", "9223372036854775807, 0", "1000000001, 1000000002"})
  void sizesThatCantBeAreOutOfRange(long required, long limit) {
    var failure = assertThrows(CsiFailure.class, () -> new SizeRange(required, limit).sizeOfNew());
    assertEquals(Kind.OUT_OF_RANGE, failure.kind());
  }

  @ParameterizedTest
  @CsvSource({"-1, 0", "0, -1", "2, 1"})
  void rangesThatContradictThemselvesAreInvalid(long required, long limit) {
    var failure = assertThrows(CsiFailure.class, () -> new SizeRange(required, limit));
    assertEquals(Kind.INVALID_ARGUMENT, failure.kind());
  }

  @ParameterizedTest(name = "at least {0} of a source of {1}: {2}")
  @CsvSource({
    "0,        5242880, 5242880",
    "5242880,  5242880, 5242880",
    "5243392,  5243392, 5243392",
    "5242881,  5242880, 6291456",
    "10485760, 5242880, 10485760",
  })
  void clonesHaveTheirSourcesSizeOrMore(long required, long source, long expected) {
    assertEquals(expected, new SizeRange(required, 0).sizeOfClone(source));
  }

  @ParameterizedTest
  @CsvSource({"5242879, 0, 5242880", "0, 4194304, 5242880"})
  void clonesAreNeverSmallerThanTheirSource(long required, long limit, long source) {
    var failure =
        assertThrows(CsiFailure.class, () -> new SizeRange(required, limit).sizeOfClone(source));
    assertEquals(Kind.OUT_OF_RANGE, failure.kind());
  }
}
