/** The CSI services: parse, call, render. The only package that knows CSI's generated types. */
@NullMarked
package io.millrace.csi.grpc;

import org.jspecify.annotations.NullMarked;
