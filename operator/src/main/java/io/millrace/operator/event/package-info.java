/** Kubernetes events on transitions, with a closed list of reasons. */
@NullMarked
package io.millrace.operator.event;

import org.jspecify.annotations.NullMarked;
