/** DesktopClaim: who gets which desktop. */
@NullMarked
package io.millrace.operator.claim;

import org.jspecify.annotations.NullMarked;
