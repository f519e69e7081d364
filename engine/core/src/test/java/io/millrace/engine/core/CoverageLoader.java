package io.millrace.engine.core;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Defines the engine anew, so that it tells {@link Coverage} of every place that a jump may lead
 * to. What tests consist of, here and where the fuzzed class is, is defined anew too, but tells
 * nothing.
 */
final class CoverageLoader extends RedefiningLoader {
  private static final ClassDesc COVERAGE = ClassDesc.of(Coverage.class.getName());
  private static final MethodTypeDesc HIT =
      MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int);

  /** Where tests are; a class from elsewhere is the engine's. */
  private final Set<String> tests;

  private int places;

  CoverageLoader(String fuzzed) {
    tests = new HashSet<>(List.of(root(Coverage.class.getName()), root(fuzzed)));
  }

  /** Places that were put in so far. */
  int places() {
    return places;
  }

  @Override
  protected byte[] redefined(String name, byte[] bytes) {
    return tests.contains(root(name)) ? bytes : instrumented(bytes);
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
}
