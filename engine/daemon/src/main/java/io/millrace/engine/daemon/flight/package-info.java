/** Events of the slow path for the JDK's Flight Recorder. */
@NullMarked
package io.millrace.engine.daemon.flight;

import org.jspecify.annotations.NullMarked;
