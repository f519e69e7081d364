package io.millrace.engine.sim;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.MethodModel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Defines the engine and its simulator anew, with a bug in one method, or without any. */
final class MutantLoader extends ClassLoader {
  private static final String OURS = "io.millrace.engine.";

  private final @Nullable Mutant mutant;
  private boolean planted;

  MutantLoader(@Nullable Mutant mutant) {
    super(MutantLoader.class.getClassLoader());
    this.mutant = mutant;
  }

  /** Whether the method was met and its code is another now. */
  boolean planted() {
    return planted;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OURS)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded == null ? define(name) : loaded;
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    byte[] bytes = bytes(name);
    Mutant bug = mutant;
    if (bug != null && name.equals(bug.className())) {
      byte[] changed = plant(bug, bytes);
      planted = !Arrays.equals(bytes, changed);
      bytes = changed;
    }
    return defineClass(name, bytes, 0, bytes.length);
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

  private byte[] bytes(String name) throws ClassNotFoundException {
    try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
