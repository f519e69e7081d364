package io.millrace.engine.daemon.qos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.core.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a turn is shared out, and what counts against a limit. */
final class VolumeGateTest {
  private static final long NOW = 77_000_000_000L;
  private static final int TURNS = 1000;
  private static final long MIB = 1 << 20;

  private static VolumeGate gate(long iops, long bytesPerSecond, int weight) {
    VolumeGate gate = new VolumeGate(1, NOW);
    gate.set(new Limits(iops, bytesPerSecond, 0, weight), NOW);
    return gate;
  }

  /** Requests of that size that a volume begins when it always has one. */
  private static long begun(VolumeGate gate, long bytes, long busyWeight) {
    long begun = 0;
    for (int turn = 1; turn <= TURNS; turn++) {
      gate.turn(turn, VolumeGates.quantum(gate.weight(), busyWeight));
      while (gate.hasTurn()) {
        gate.begun(bytes, NOW);
        begun++;
      }
    }
    return begun;
  }

  @ParameterizedTest
  @CsvSource({
    // weight, weight of all that are busy, bytes of a request, begun in 1000 turns
    "100, 100, 4096, 32000", // alone
    "100, 0, 4096, 32000", // and not counted yet
    "100, 800, 4096, 4000", // one of eight
    "400, 800, 4096, 16000", // as much as four others
    "50, 800, 4096, 2000",
    "1, 10000, 4096, 1000", // never nothing
    "100, 800, 1048576, 236", // sixteen times as dear, and one
  })
  void aTurnIsSharedByWeight(int weight, long busyWeight, long bytes, long begun) {
    assertEquals(begun, begun(gate(0, 0, weight), bytes, busyWeight));
  }

  @Test
  void whatWasTakenBeyondTheShareIsTakenOffTheNext() {
    VolumeGate gate = gate(0, 0, 100);
    gate.turn(1, 4);
    gate.begun(MIB, NOW);
    for (int turn = 2; turn <= 4; turn++) {
      gate.turn(turn, 4);
      assertTrue(!gate.hasTurn(), "turn " + turn);
    }
    gate.turn(5, 4);
    assertTrue(gate.hasTurn());
  }

  @Test
  void whoRestsSavesNoTurns() {
    VolumeGate gate = gate(0, 0, 100);
    for (int turn = 1; turn <= 10; turn++) {
      gate.turn(turn, 4);
    }
    for (int i = 0; i < 4; i++) {
      assertTrue(gate.hasTurn());
      gate.begun(4096, NOW);
    }
    assertTrue(!gate.hasTurn());
  }

  @Test
  void theLimitThatIsReachedFirstCounts() {
    VolumeGate gate = gate(10, MIB, 0);
    gate.begun(MIB, NOW);
    assertTrue(gate.dueIn(NOW) > 0, "bytes");
    VolumeGate small = gate(10, MIB, 0);
    for (int i = 0; i < 10; i++) {
      assertEquals(0, small.dueIn(NOW));
      small.begun(512, NOW);
    }
    assertEquals(100_000_000, small.dueIn(NOW), "requests");
  }

  @Test
  void aDiscardIsARequestWithoutBytes() {
    VolumeGate gate = gate(0, 64 << 10, 0);
    for (int i = 0; i < 100; i++) {
      gate.begun(0, NOW);
    }
    assertEquals(0, gate.dueIn(NOW));
    gate.begun(MIB, NOW);
    assertTrue(gate.dueIn(NOW) > 0);
  }

  @Test
  void limitsThatAreTheSameForgiveNothing() {
    VolumeGate gate = gate(10, 64 << 10, 0);
    gate.begun(MIB, NOW);
    long due = gate.dueIn(NOW);
    gate.set(new Limits(10, 64 << 10, 0, 0), NOW);
    assertEquals(due, gate.dueIn(NOW));
  }
}
