/** One class per behaviour, against a cluster with everything installed. */
@NullMarked
package io.millrace.e2e;

import org.jspecify.annotations.NullMarked;
