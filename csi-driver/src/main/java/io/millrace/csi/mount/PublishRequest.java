package io.millrace.csi.mount;

import io.millrace.csi.volume.VolumeUse;
import java.nio.file.Path;

/** A staged volume is wanted by a workload. */
public record PublishRequest(
    String handle, Path stagingPath, Path targetPath, VolumeUse use, boolean readOnly) {}
