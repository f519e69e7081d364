package io.millrace.engine.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait, each behind the earlier ones of its volume alone: next is the volume that has
 * had least by its weight, so that nobody's many requests stand in front of another's few.
 *
 * <p>Start-time fair queueing (Goyal, Vin and Cheng, 1996): what a volume is served, at once or
 * after it has waited, moves its own clock on by cost / weight; the earliest clock is next; one
 * that comes back from a rest begins a little before the clock of whom was served last. Without
 * that little, one with few requests at a time would lose its turn whenever all of them are with
 * its client. Owner thread only; makes an object when a volume is served for the first time, or
 * more wait than ever before.
 */
final class FairQueue<R> {
  private static final int FORGET_FROM = 4096;

  /** One volume's. */
  private final class Flow implements Comparable<Flow> {
    final long volumeId;
    final ArrayDeque<R> requests = new ArrayDeque<>();
    double clock;

    /** When it was served last. */
    int weight = Limits.WEIGHT_DEFAULT;

    Flow(long volumeId) {
      this.volumeId = volumeId;
    }

    @Override
    public int compareTo(Flow other) {
      int byClock = Double.compare(clock, other.clock);
      return byClock != 0 ? byClock : Long.compare(volumeId, other.volumeId);
    }
  }

  private final IdTable<Flow> flows = new IdTable<>();
  private final PriorityQueue<Flow> waiting = new PriorityQueue<>();
  private final List<Flow> aside = new ArrayList<>();
  private final double credit;
  private double clock;
  private int size;

  /**
   * @param credit cost by which a volume that comes back may be behind
   */
  FairQueue(double credit) {
    this.credit = credit;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Requests of all volumes. */
  int size() {
    return size;
  }

  /** Behind the volume's others. */
  void add(long volumeId, R request) {
    Flow flow = flow(volumeId);
    flow.requests.add(request);
    added(flow);
  }

  /** Before the volume's others: it was under way already. */
  void addFirst(long volumeId, R request) {
    Flow flow = flow(volumeId);
    flow.requests.addFirst(request);
    added(flow);
  }

  private void added(Flow flow) {
    size++;
    if (flow.requests.size() == 1) {
      comeBack(flow);
      waiting.add(flow);
    }
  }

  private void comeBack(Flow flow) {
    flow.clock = Math.max(flow.clock, clock - credit / flow.weight);
  }

  /** A request was served at once, or so much of it, whoever waits. */
  void servedAtOnce(long volumeId, double cost, int weight) {
    if (cost > 0) {
      Flow flow = flow(volumeId);
      boolean waits = waiting.remove(flow);
      if (!waits) {
        comeBack(flow);
      }
      charge(flow, cost, weight);
      if (waits) {
        waiting.add(flow);
      }
    }
  }

  private Flow flow(long volumeId) {
    Flow flow = flows.get(volumeId);
    if (flow == null) {
      forgetThoseThatRest();
      flow = new Flow(volumeId);
      flows.put(volumeId, flow);
    }
    return flow;
  }

  private void forgetThoseThatRest() {
    if (flows.size() >= Math.max(FORGET_FROM, 2 * (waiting.size() + aside.size()))) {
      for (Flow flow : flows.inOrder()) {
        if (flow.requests.isEmpty()) {
          flows.remove(flow.volumeId);
        }
      }
    }
  }

  /** The request whose turn it is; null when none waits but those that were put aside. */
  @Nullable R next() {
    Flow first = waiting.peek();
    return first == null ? null : first.requests.element();
  }

  /** It was served in part, at that cost, and remains. */
  void served(double cost, int weight) {
    if (cost > 0) {
      Flow first = waiting.remove();
      charge(first, cost, weight);
      waiting.add(first);
    }
  }

  /** It was served, or has ended otherwise. */
  void remove(double cost, int weight) {
    Flow first = waiting.remove();
    first.requests.remove();
    size--;
    charge(first, cost, weight);
    if (!first.requests.isEmpty()) {
      waiting.add(first);
    }
  }

  private void charge(Flow flow, double cost, int weight) {
    flow.weight = weight;
    clock = Math.max(clock, flow.clock);
    flow.clock += cost / weight;
  }

  /** The same, and waits for something of its own: others may go before it in this round. */
  void putAside(double cost, int weight) {
    Flow first = waiting.remove();
    if (cost > 0) {
      charge(first, cost, weight);
    }
    aside.add(first);
  }

  /** The round is over: those that were put aside are asked again in the next. */
  void endRound() {
    for (int i = 0; i < aside.size(); i++) {
      waiting.add(aside.get(i));
    }
    aside.clear();
  }
}
