/** Which volume may begin its next request, and when: limits and turns, for all fronts alike. */
@NullMarked
package io.millrace.engine.daemon.qos;

import org.jspecify.annotations.NullMarked;
