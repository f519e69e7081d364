/**
 * The log-structured block store of a node.
 *
 * <p>Everything here is driven by one owner thread, knows only the JDK, and reaches the disk and
 * the time through {@link io.millrace.engine.core.Storage} and {@link
 * io.millrace.engine.core.Clock}; so the simulator drives it as the daemon does.
 */
@NullMarked
package io.millrace.engine.core;

import org.jspecify.annotations.NullMarked;
