package io.millrace.engine.daemon.rpc;

import io.grpc.Status;
import io.grpc.StatusException;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;

/** Lets one operation run per object; a second one is told to try again, instead of waiting. */
final class OneAtATime {
  private final Set<String> busy = ConcurrentHashMap.newKeySet();

  <T> T on(String object, Callable<T> operation) throws Exception {
    if (!busy.add(object)) {
      throw new StatusException(
          Status.ABORTED.withDescription("an operation on " + object + " is under way"));
    }
    try {
      return operation.call();
    } finally {
      busy.remove(object);
    }
  }
}
