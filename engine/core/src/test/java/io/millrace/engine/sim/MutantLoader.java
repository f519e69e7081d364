package io.millrace.engine.sim;

import io.millrace.engine.core.RedefiningLoader;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.MethodModel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Defines the engine and its simulator anew, with a bug in one method, or without any. */
final class MutantLoader extends RedefiningLoader {
  private final @Nullable Mutant mutant;
  private boolean planted;

  MutantLoader(@Nullable Mutant mutant) {
    this.mutant = mutant;
  }

  /** Whether the method was met and its code is another now. */
  boolean planted() {
    return planted;
  }

  @Override
  protected byte[] redefined(String name, byte[] bytes) {
    Mutant bug = mutant;
    if (bug == null || !name.equals(bug.className())) {
      return bytes;
    }
    byte[] changed = plant(bug, bytes);
    planted = !Arrays.equals(bytes, changed);
    return changed;
  }

  private static byte[] plant(Mutant bug, byte[] bytes) {
    ClassFile classFile = ClassFile.of();
    ClassTransform transform =
        ClassTransform.transformingMethodBodies(method -> isIt(bug, method), bug.planted());
    return classFile.transformClass(classFile.parse(bytes), transform);
  }

  private static boolean isIt(Mutant bug, MethodModel method) {
    return method.methodName().equalsString(bug.method());
  }
}
