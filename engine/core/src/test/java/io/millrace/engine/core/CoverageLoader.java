package io.millrace.engine.core;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

/**
 * Defines the engine anew, so that it tells {@link Coverage} of every place that a jump may lead
 * to. What tests consist of is defined anew, too, but tells nothing.
 */
final class CoverageLoader extends ClassLoader {
  private static final String OURS = "io.millrace.engine.";
  private static final ClassDesc COVERAGE = ClassDesc.of(Coverage.class.getName());
  private static final MethodTypeDesc HIT =
      MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int);

  /** Where the tests are; a class from elsewhere is the engine's. */
  private final String tests = root(Coverage.class.getName());

  private int places;

  CoverageLoader() {
    super(CoverageLoader.class.getClassLoader());
  }

  /** Places that were put in so far. */
  int places() {
    return places;
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
    byte[] defined = root(name).equals(tests) ? bytes : instrumented(bytes);
    return defineClass(name, defined, 0, defined.length);
  }

  byte[] instrumented(byte[] bytes) {
    ClassFile classFile = ClassFile.of();
    CodeTransform tell =
        (builder, element) -> {
          builder.with(element);
          if (element instanceof LabelTarget) {
            tell(builder);
          }
        };
    return classFile.transformClass(
        classFile.parse(bytes), ClassTransform.transformingMethodBodies(tell));
  }

  private void tell(CodeBuilder builder) {
    builder.loadConstant(places++).invokestatic(COVERAGE, "hit", HIT);
  }

  private String root(String name) {
    String file = name.replace('.', '/') + ".class";
    String url = String.valueOf(getParent().getResource(file));
    return url.substring(0, Math.max(0, url.length() - file.length()));
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
