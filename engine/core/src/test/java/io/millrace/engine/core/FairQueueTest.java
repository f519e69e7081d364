package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is next. A request is its volume's id and a number. */
class FairQueueTest {
  private static final int USUAL = Limits.WEIGHT_DEFAULT;

  private final FairQueue<String> queue = new FairQueue<>(0);

  private void add(long volume, int requests) {
    for (int i = 0; i < requests; i++) {
      queue.add(volume, volume + "." + i);
    }
  }

  private static int volume(String request) {
    return Integer.parseInt(request.substring(0, request.indexOf('.')));
  }

  private List<String> drain(double cost) {
    List<String> order = new ArrayList<>();
    for (String r = queue.next(); r != null; r = queue.next()) {
      order.add(r);
      queue.remove(cost, USUAL);
    }
    assertTrue(queue.isEmpty());
    return order;
  }

  @Test
  void aFewDoNotStandBehindMany() {
    add(1, 100);
    add(2, 1);
    add(3, 1);
    assertEquals(List.of("1.0", "2.0", "3.0", "1.1"), drain(4096).subList(0, 4));
  }

  @Test
  void withinAVolumeTheFirstIsFirst() {
    add(1, 3);
    queue.addFirst(1, "1.again");
    assertEquals(List.of("1.again", "1.0", "1.1", "1.2"), drain(1));
  }

  @ParameterizedTest
  @CsvSource({
    // weights of two volumes, cost of a request of each, requests of the first among 300
    "100, 100, 1, 1, 150",
    "200, 100, 1, 1, 200",
    "100, 100, 2, 1, 100", // the same work
    "10000, 100, 1, 1, 297",
    "1, 100, 1, 1, 3",
  })
  void twoThatAlwaysWaitShareByWeight(
      int first, int second, double costOfFirst, double cost, int served) {
    add(1, 300);
    add(2, 300);
    int ofFirst = 0;
    for (int i = 0; i < 300; i++) {
      boolean isFirst = volume(String.valueOf(queue.next())) == 1;
      ofFirst += isFirst ? 1 : 0;
      queue.remove(isFirst ? costOfFirst : cost, isFirst ? first : second);
    }
    assertEquals(served, ofFirst, 1);
  }

  @Test
  void whoRestedHasSavedNothing() {
    add(1, 200);
    add(2, 1);
    for (int i = 0; i < 100; i++) {
      queue.remove(1, USUAL);
    }
    add(2, 50);
    int ofRested = 0;
    for (int i = 0; i < 20; i++) {
      ofRested += volume(String.valueOf(queue.next())) == 2 ? 1 : 0;
      queue.remove(1, USUAL);
    }
    assertEquals(10, ofRested, 1);
  }

  @Test
  void whoComesBackAtOnceDoesNotGoBeforeAllOthersForEver() {
    add(1, 50);
    int ofMany = 0;
    add(2, 1);
    for (int i = 0; i < 40; i++) {
      boolean isMany = volume(String.valueOf(queue.next())) == 1;
      ofMany += isMany ? 1 : 0;
      queue.remove(1, USUAL);
      if (!isMany) {
        add(2, 1);
      }
    }
    assertEquals(20, ofMany, 1);
  }

  @Test
  void whatWasServedAtOnceCounts() {
    queue.servedAtOnce(1, 3, USUAL);
    queue.servedAtOnce(2, 1, USUAL);
    add(1, 2);
    add(2, 4);
    assertEquals(List.of("2.0", "2.1", "1.0", "2.2"), drain(1).subList(0, 4));
  }

  @Test
  void whatWasServedAtOnceBesideThoseThatWaitCounts() {
    add(1, 2);
    add(2, 2);
    add(3, 2);
    queue.servedAtOnce(1, 5, USUAL);
    assertEquals(List.of("2.0", "3.0", "2.1", "3.1", "1.0", "1.1"), drain(1));
  }

  @Test
  void whoHadFewRequestsAtATimeCatchesUpALittle() {
    FairQueue<String> lenient = new FairQueue<>(3);
    for (int i = 0; i < 100; i++) {
      lenient.servedAtOnce(1, 1, USUAL);
    }
    for (int i = 0; i < 5; i++) {
      lenient.add(1, "1." + i);
      lenient.add(2, "2." + i);
    }
    StringBuilder order = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      order.append(volume(String.valueOf(lenient.next())));
      lenient.remove(1, USUAL);
    }
    assertEquals("22221211", order.toString());
  }

  @Test
  void whatIsPutAsideIsAskedAgainInTheNextRound() {
    add(1, 1);
    add(2, 2);
    queue.putAside(0, USUAL);
    assertEquals("2.0", queue.next());
    queue.remove(1, USUAL);
    queue.putAside(0, USUAL);
    assertNull(queue.next());
    assertTrue(!queue.isEmpty());
    queue.endRound();
    assertEquals(List.of("1.0", "2.1"), drain(1));
  }

  @Test
  void aPartIsPaidForToo() {
    add(1, 1);
    add(2, 3);
    queue.served(2.5, USUAL);
    assertEquals(List.of("2.0", "2.1", "2.2", "1.0"), drain(1));
  }

  @Test
  void volumesThatRestAreForgottenAndServedAgain() {
    for (int volume = 1; volume <= 10_000; volume++) {
      add(volume, 1);
      assertEquals(1, drain(1).size());
    }
    add(7, 2);
    assertEquals(List.of("7.0", "7.1"), drain(1));
  }
}
