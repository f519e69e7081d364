/** Making the plugin known to the kubelet, which a sidecar does for most drivers. */
@NullMarked
package io.millrace.csi.registration;

import org.jspecify.annotations.NullMarked;
