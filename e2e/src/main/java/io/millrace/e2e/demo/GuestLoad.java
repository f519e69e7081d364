package io.millrace.e2e.demo;

import io.millrace.e2e.guest.Guest;
import io.millrace.e2e.guest.LoadResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs the random-write load in several guests at once. */
final class GuestLoad {
  private GuestLoad() {}

  /** What each guest did, in the order of {@code guests}. */
  static List<LoadResult> run(List<Guest> guests, Duration time) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<LoadResult>> running =
          guests.stream().map(guest -> threads.submit(() -> guest.load(time))).toList();
      List<LoadResult> results = new ArrayList<>();
      for (Future<LoadResult> result : running) {
        results.add(result.get());
      }
      return results;
    }
  }
}
