/**
 * The crash simulator: runs a store on a disk and a clock that obey a seed, crashes it anywhere,
 * and compares what it serves with a model.
 *
 * <p>{@link io.millrace.engine.sim.Workload} turns a seed into steps, {@link
 * io.millrace.engine.sim.Simulation} runs the steps on a store, {@link
 * io.millrace.engine.sim.Model} knows what may be read, {@link io.millrace.engine.sim.SimStorage}
 * is the disk, {@link io.millrace.engine.sim.Shrinker} makes a failing run short.
 */
@NullMarked
package io.millrace.engine.sim;

import org.jspecify.annotations.NullMarked;
