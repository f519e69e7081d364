/** The controller's use cases, idempotent and stateless. */
@NullMarked
package io.millrace.csi.provision;

import org.jspecify.annotations.NullMarked;
