package io.millrace.engine.daemon.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.grpc.StatusException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PageTest {
  private static final List<Long> ALL = List.of(1L, 2L, 5L, 9L);

  private static Page<Long> page(int sizeMax, String token) throws StatusException {
    return Page.of(ALL, Long::longValue, sizeMax, token);
  }

  @Test
  void sizeZeroGivesAll() throws Exception {
    assertEquals(new Page<>(ALL, ""), page(0, ""));
  }

  @Test
  void pagesFollowEachOtherAndTheLastHasNoToken() throws Exception {
    assertEquals(new Page<>(List.of(1L, 2L, 5L), "0000000000000005"), page(3, ""));
    assertEquals(new Page<>(List.of(9L), ""), page(3, "0000000000000005"));
  }

  @Test
  void aTokenOfADeletedObjectStaysGood() throws Exception {
    assertEquals(new Page<>(List.of(5L, 9L), ""), page(3, "0000000000000003"));
  }

  @Test
  void refusesWhatIsNoTokenAndNoSize() {
    assertThrows(StatusException.class, () -> page(1, "next"));
    assertThrows(StatusException.class, () -> page(-1, ""));
  }
}
