/**
 * Volumes on this node: devices, filesystems, mounts.
 *
 * <p>{@link io.millrace.csi.mount.HostTools} starts the programs, {@link
 * io.millrace.csi.mount.MountTable} reads the kernel's table; what to do is decided by pure
 * functions between them.
 */
@NullMarked
package io.millrace.csi.mount;

import org.jspecify.annotations.NullMarked;
