/** A real API server for the tests, and stand-ins for what acts on the operator's objects. */
@NullMarked
package io.millrace.operator.harness;

import org.jspecify.annotations.NullMarked;
