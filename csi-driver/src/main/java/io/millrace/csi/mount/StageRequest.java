package io.millrace.csi.mount;

import io.millrace.csi.volume.ClassParameters;
import io.millrace.csi.volume.VolumeUse;
import java.nio.file.Path;

/** A volume is wanted on this node. */
public record StageRequest(
    String handle, Path stagingPath, VolumeUse use, ClassParameters parameters) {}
