package io.millrace.csi.grpc;

import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * One operation per object at a time. A second one is told ABORTED, which CSI asks for and callers
 * repeat; nothing ever waits here. A decorator: the work below knows nothing of it.
 */
final class KeyedLocks {
  private final Set<String> busy = ConcurrentHashMap.newKeySet();

  <T> T alone(String key, Supplier<T> work) {
    if (!busy.add(key)) {
      throw new CsiFailure(Kind.ABORTED, "another operation on " + key + " is running; try again");
    }
    try {
      return work.get();
    } finally {
      busy.remove(key);
    }
  }
}
