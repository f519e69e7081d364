/** What the container of the running operator is given; nobody uses it but Quarkus. */
@NullMarked
package io.millrace.operator.wiring;

import org.jspecify.annotations.NullMarked;
