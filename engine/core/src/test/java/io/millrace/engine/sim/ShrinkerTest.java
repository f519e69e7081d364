package io.millrace.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class ShrinkerTest {
  @Test
  void whatIsNotNeededToFailIsLeftOut() {
    List<Step> steps =
        LongStream.range(0, 100).mapToObj(i -> new Step(Step.Kind.WRITE, i)).toList();
    List<Long> needed = List.of(3L, 41L, 99L);
    List<Step> shortest =
        Shrinker.shrink(
            steps, list -> list.stream().map(Step::salt).toList().containsAll(needed), 1000);
    assertEquals(needed, shortest.stream().map(Step::salt).toList());
  }
}
