/** DesktopPool: how many desktops, on which image version. */
@NullMarked
package io.millrace.operator.pool;

import org.jspecify.annotations.NullMarked;
