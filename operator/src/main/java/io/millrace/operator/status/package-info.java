/** Standard conditions. */
@NullMarked
package io.millrace.operator.status;

import org.jspecify.annotations.NullMarked;
