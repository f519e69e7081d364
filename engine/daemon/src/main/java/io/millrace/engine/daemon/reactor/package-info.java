/** The owner thread of a store. */
@NullMarked
package io.millrace.engine.daemon.reactor;

import org.jspecify.annotations.NullMarked;
