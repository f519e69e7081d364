package io.millrace.engine.daemon.rpc;

import io.grpc.StatusException;
import io.millrace.engine.daemon.ObjectId;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * A part of a list that is in order of ids; the token is the id after which to go on, so that it
 * stays good when objects come and go.
 */
record Page<T>(List<T> items, String nextToken) {
  static <T> Page<T> of(List<T> all, ToLongFunction<T> id, int sizeMax, String token)
      throws StatusException {
    if (sizeMax < 0) {
      throw Refusals.invalid("page_size must not be negative: " + sizeMax);
    }
    long after = token.isEmpty() ? 0 : start(token);
    List<T> rest =
        all.stream().filter(t -> Long.compareUnsigned(id.applyAsLong(t), after) > 0).toList();
    if (sizeMax == 0 || rest.size() <= sizeMax) {
      return new Page<>(rest, "");
    }
    List<T> items = rest.subList(0, sizeMax);
    return new Page<>(items, new ObjectId(id.applyAsLong(items.getLast())).toString());
  }

  private static long start(String token) throws StatusException {
    return ObjectId.parse(token)
        .orElseThrow(() -> Refusals.invalid("page_token is none of ours: '" + token + "'"))
        .value();
  }
}
