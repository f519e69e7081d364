/** {@code millraced} itself: puts the parts together, starts and stops them, tells how it is. */
@NullMarked
package io.millrace.engine.daemon.serve;

import org.jspecify.annotations.NullMarked;
